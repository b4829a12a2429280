namespace ModelService.Api.Tests.Weights;

/// <summary>Models made from other ones by <c>from</c>.</summary>
public sealed class DerivedModelTests(WeightsServer server) : IClassFixture<WeightsServer>
{
    private const string TenLabels = """["a","b","c","d","e","f","g","h","i","j"]""";

    [Theory]
    [InlineData("source@1")]
    [InlineData("source")]
    public async Task Create_OtherNumberOfClasses_InheritsAllButTheHead(string from)
    {
        await SourceAsync();

        var model = (await server.CreateAsync($$"""{"name":"derived","from":"{{from}}","num_classes":9}""")).Ok(201);

        Assert.Equal(
            (from, "partial", "random"),
            (
                model.GetProperty("from").GetString(),
                model.GetProperty("weights").GetString(),
                model.GetProperty("head").GetString()
            )
        );
        Assert.Equal(["9.weight", "9.bias"], model.Strings("random_tensors"));
        Assert.Equal(9, model.GetProperty("num_classes").GetInt32());
        Assert.False(model.TryGetProperty("labels", out _));
        Assert.Equal(
            128,
            model.GetProperty("preprocessing").GetProperty("center_crop").GetProperty("height").GetInt32() * 4
        );
        var report = model.GetProperty("weights_report");
        Assert.Equal(["0.weight", "0.bias", "3.weight", "3.bias", "7.weight", "7.bias"], report.Strings("loaded"));
        var (derived, source) = (
            await server.DownloadAsync("derived"),
            SafetensorsFile.Read(WeightsServer.File("lesson", "lesson.safetensors"))
        );
        Assert.All(
            report.Strings("loaded"),
            name => Assert.Equal(source.Bytes(name), SafetensorsFile.Read(derived).Bytes(name))
        );
        File.Delete(derived);
        await server.RemoveAsync("derived");
    }

    [Fact]
    public async Task Create_NothingChanged_IsTheSameModel()
    {
        await SourceAsync();

        var model = (await server.CreateAsync("""{"name":"copy","from":"source"}""")).Ok(201);

        Assert.Equal(
            ("loaded", "loaded"),
            (model.GetProperty("weights").GetString(), model.GetProperty("head").GetString())
        );
        Assert.Equal(10, model.GetProperty("labels").GetArrayLength());
        Assert.Equal("cpu", model.GetProperty("device").GetString());
        Assert.Equal(await server.LogitsAsync("source"), await server.LogitsAsync("copy"));
    }

    [Fact]
    public async Task Create_HeadOfItsOwn_TakesThePlaceOfTheOldOne()
    {
        await SourceAsync();

        var model = (
            await server.CreateAsync(
                """{"name":"headed","from":"source","head":[{"type":"dropout"},{"type":"linear","out_features":10}]}"""
            )
        ).Ok(201);

        Assert.Equal(["9.1.weight", "9.1.bias"], model.Strings("random_tensors"));
        Assert.Equal(["9.weight", "9.bias"], model.GetProperty("weights_report").Strings("unexpected"));
        Assert.Equal(10, model.GetProperty("labels").GetArrayLength());
    }

    [Fact]
    public async Task Create_ChangedArchitecture_InheritsWhatStillFits()
    {
        await SourceAsync();
        var wider = WeightsServer
            .LessonArchitecture.Replace("\"out_features\": 20", "\"out_features\": 24", StringComparison.Ordinal)
            .Replace("\"out_features\":20", "\"out_features\":24", StringComparison.Ordinal);

        var model = (await server.CreateAsync(WeightsServer.Definition("wider", wider, ",\"from\":\"source\""))).Ok(
            201
        );

        Assert.Equal(["7.weight", "7.bias", "9.weight"], model.Strings("random_tensors"));
        Assert.Equal(
            ["0.weight", "0.bias", "3.weight", "3.bias", "9.bias"],
            model.GetProperty("weights_report").Strings("loaded")
        );
    }

    [Fact]
    public async Task Create_WithWeightsOfItsOwn_TakesThoseAndTheNetwork()
    {
        await SourceAsync();

        var model = (
            await server.CreateAsync(
                """{"name":"retrained","from":"source","num_classes":7}""",
                WeightsServer.File("lesson", "lesson_head7.pth")
            )
        ).Ok(201);

        Assert.Equal("loaded", model.GetProperty("weights").GetString());
    }

    [Fact]
    public async Task Create_FromRandomOrPartialModel_StaysThat()
    {
        (await server.CreateAsync(WeightsServer.Definition("untrained", WeightsServer.LessonArchitecture))).Ok(201);
        (
            await server.CreateAsync(
                WeightsServer.Definition("half", WeightsServer.LessonArchitecture),
                WeightsServer.File("lesson", "lesson_head7.pth"),
                "?allow_partial=true"
            )
        ).Ok(201);

        var random = (await server.CreateAsync("""{"name":"untrained2","from":"untrained"}""")).Ok(201);
        var partial = (await server.CreateAsync("""{"name":"half2","from":"half"}""")).Ok(201);

        Assert.Equal("random", random.GetProperty("weights").GetString());
        Assert.Equal(
            ("partial", "random"),
            (partial.GetProperty("weights").GetString(), partial.GetProperty("head").GetString())
        );
        Assert.Equal(["9.weight", "9.bias"], partial.Strings("random_tensors"));
        Assert.Equal(["9.weight", "9.bias"], partial.GetProperty("weights_report").Strings("random_at_source"));
    }

    [Fact]
    public async Task Create_FromDerivedModel_InheritsWhatThatInherited()
    {
        await SourceAsync();
        (await server.CreateAsync("""{"name":"child","from":"source"}""")).Ok(201);
        await server.RemoveAsync("source");

        var model = (await server.CreateAsync("""{"name":"grandchild","from":"child"}""")).Ok(201);

        Assert.Equal(10, model.GetProperty("labels").GetArrayLength());
        Assert.True(model.GetProperty("preprocessing").TryGetProperty("center_crop", out _));
    }

    [Theory]
    [InlineData("\"from\":\"nobody\"", "/from", "no model named 'nobody'")]
    [InlineData("\"from\":\"source@2\"", "/from", "no version 2; it has 1")]
    [InlineData("\"from\":\"Source\"", "/from", "is not allowed here")]
    [InlineData("\"from\":\"source\",\"base\":\"resnet18\"", "/from", "either 'base' or 'from'")]
    [InlineData(
        "\"from\":\"source\",\"num_classes\":3,\"head\":[{\"type\":\"linear\",\"out_features\":3}]",
        "/head",
        "either 'num_classes' or 'head'"
    )]
    [InlineData("\"from\":\"source\",\"num_classes\":3,\"labels\":[\"one\"]", "/labels", "1 labels for 3 classes")]
    [InlineData("\"from\":\"headless\",\"num_classes\":3", "/num_classes", "no layer with weights")]
    public async Task Create_DefinitionThatCannotBe_SaysWhere(string properties, string pointer, string says)
    {
        await SourceAsync();
        await server.CreateAsync(
            WeightsServer.Definition("headless", """{"input":{"shape":[4]},"layers":[{"type":"relu"}]}""")
        );

        var error = (await server.CreateAsync($$"""{"name":"bad",{{properties}}}"""))
            .Problem(422, "definition_invalid")
            .GetProperty("errors")[0];

        Assert.Equal(pointer, error.GetProperty("pointer").GetString());
        Assert.Contains(says, error.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_FromThatCannotBeRead_HasNoOtherError()
    {
        var error = (await server.CreateAsync("""{"name":"bad","from":"p@x","num_classes":9}""")).Problem(
            422,
            "definition_invalid"
        );

        Assert.Equal(
            "/from",
            Assert.Single(error.GetProperty("errors").EnumerateArray()).GetProperty("pointer").GetString()
        );
    }

    private async Task SourceAsync()
    {
        const string Crop =
            """
                ,"preprocessing":{"resize":{"shorter_side":40},"center_crop":{"height":32,"width":32}},"device":"cpu",
                  "labels":
                """ + TenLabels;
        var reply = await server.CreateAsync(
            WeightsServer.Definition("source", WeightsServer.LessonArchitecture, Crop),
            WeightsServer.File("lesson", "lesson.pth")
        );
        Assert.Contains(reply.Status, (int[])[201, 409]);
    }
}
