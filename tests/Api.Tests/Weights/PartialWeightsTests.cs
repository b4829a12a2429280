using System.Text;

namespace ModelService.Api.Tests.Weights;

/// <summary><c>allow_partial</c>, and what a mismatch says.</summary>
public sealed class PartialWeightsTests(WeightsServer server) : IClassFixture<WeightsServer>
{
    private static readonly string[] Head = ["9.weight", "9.bias"];

    [Fact]
    public async Task Create_OtherHeadAllowPartial_LeavesJustTheHeadRandomAndSaysSo()
    {
        var model = (
            await server.CreateAsync(
                Lesson("partial"),
                WeightsServer.File("lesson", "lesson_head7.pth"),
                "?allow_partial=true"
            )
        ).Ok(201);

        Assert.Equal(
            ("partial", "random"),
            (model.GetProperty("weights").GetString(), model.GetProperty("head").GetString())
        );
        Assert.Equal(Head, model.Strings("random_tensors"));
        Assert.Equal(6, model.GetProperty("weights_report").GetProperty("loaded").GetArrayLength());
        Assert.Equal(Head, (await server.GetAsync("/v1/models/partial")).Ok().Strings("random_tensors"));
        var prediction = (await server.LogitsAsync("partial", new float[3 * 32 * 32], [1, 3, 32, 32])).Reply.Json;
        Assert.Equal("partial", prediction.GetProperty("weights").GetString());
        Assert.Equal(Head, prediction.Strings("random_tensors"));
        var file = await server.DownloadAsync("partial");
        var (found, trained) = (
            SafetensorsFile.Read(file),
            SafetensorsFile.Read(WeightsServer.File("lesson", "lesson.safetensors"))
        );
        Assert.Equal(trained.Bytes("7.weight"), found.Bytes("7.weight"));
        Assert.NotEqual(trained.Floats("9.weight"), found.Floats("9.weight"));
        File.Delete(file);
    }

    [Fact]
    public async Task Create_ExtraTensorAllowPartial_LeavesItOut()
    {
        var model = (
            await server.CreateAsync(
                Lesson("extra"),
                WeightsServer.File("lesson", "lesson_extra.pth"),
                "?allow_partial=true"
            )
        ).Ok(201);

        Assert.Equal("loaded", model.GetProperty("weights").GetString());
        Assert.False(model.TryGetProperty("random_tensors", out _));
        Assert.Equal(["10.weight"], model.GetProperty("weights_report").Strings("unexpected"));
    }

    [Theory]
    [InlineData("lesson_missing.pth", "'3.bias', but not this tensor")]
    [InlineData("lesson_other_names.pth", "None of the file's tensors fits")]
    public async Task Create_NothingToLoadOrTornLayer_IsRefusedEvenSo(string file, string says)
    {
        var error = (
            await server.CreateAsync(Lesson("refused"), WeightsServer.File("lesson", file), "?allow_partial=true")
        ).Problem(422, "weights_mismatch");

        Assert.Contains(says, error.GetProperty("detail").GetString(), StringComparison.Ordinal);
        (await server.GetAsync("/v1/models/refused")).Problem(404, "model_not_found");
    }

    [Fact]
    public async Task Create_MissingLayersAllowPartial_StayRandomAsTheSeedSays()
    {
        var deeper =
            WeightsServer.LessonArchitecture[..WeightsServer.LessonArchitecture.LastIndexOf(']')]
            + """, {"type":"relu"}, {"type":"linear","name":"top","out_features":4}]}""";
        var file = WeightsServer.File("lesson", "lesson.pth");

        var first = (
            await server.CreateAsync(
                WeightsServer.Definition("deeper1", deeper, ",\"seed\":5"),
                file,
                "?allow_partial=true"
            )
        ).Ok(201);
        (
            await server.CreateAsync(
                WeightsServer.Definition("deeper2", deeper, ",\"seed\":5"),
                file,
                "?allow_partial=true"
            )
        ).Ok(201);

        Assert.Equal(["top.weight", "top.bias"], first.Strings("random_tensors"));
        Assert.Equal(await server.LogitsAsync("deeper1"), await server.LogitsAsync("deeper2"));
    }

    [Theory]
    [InlineData("lesson_head7.pth", "allow_partial")]
    [InlineData("lesson_other_names.pth", "'conv1.weight' corresponds to '0.weight'")]
    public async Task Create_Mismatch_CarriesTheReportWithSuggestions(string file, string suggestion)
    {
        var error = (await server.CreateAsync(Lesson("mismatch"), WeightsServer.File("lesson", file))).Problem(
            422,
            "weights_mismatch"
        );

        var report = error.GetProperty("report");
        Assert.False(report.GetProperty("matches").GetBoolean());
        Assert.Equal("random", report.GetProperty("head").GetString());
        Assert.Contains(suggestion, Assert.Single(report.Strings("suggestions")), StringComparison.Ordinal);
        Assert.Contains(suggestion, error.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_OtherHeadAndForeignTensor_SuggestsAllowPartialAndKeepsToPointers()
    {
        const string Network = """{"input":{"shape":[1]},"layers":[{"type":"linear","out_features":2}]}""";
        var file = Header(
            """
            {"0.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},
              "0.bias":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},
              "a/b":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}
            """
        );

        var error = (await server.CreateAsync(WeightsServer.Definition("foreign", Network), file)).Problem(
            422,
            "weights_mismatch"
        );

        Assert.Contains(
            "to begin with a random head and to ignore the unexpected tensor 'a/b'.",
            Assert.Single(error.GetProperty("report").Strings("suggestions")),
            StringComparison.Ordinal
        );
        Assert.Equal(
            ["/a~1b", "/0.weight", "/0.bias"],
            error.GetProperty("errors").EnumerateArray().Select(item => item.GetProperty("pointer").GetString())
        );
        File.Delete(file);
    }

    [Fact]
    public async Task Create_ThousandsOfUnexpectedNames_AnswersWithAFew()
    {
        const int Names = 3000,
            MostBytes = 500_000;
        const string Network = """{"input":{"shape":[1]},"layers":[{"type":"linear","out_features":1}]}""";
        var foreign = Enumerable
            .Range(0, Names)
            .Select(i =>
                $$"""
                    ,"{{new string('x', 900)}}{{i}}":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}
                    """
            );
        var file = Header(
            """
            {"0.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},
              "0.bias":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}
            """
                + string.Concat(foreign)
                + "}"
        );
        var definition = WeightsServer.Definition("many", Network);

        var refused = await server.CreateAsync(definition, file);
        var taken = await server.CreateAsync(definition, file, "?allow_partial=true");
        var model = await server.GetAsync("/v1/models/many");

        Assert.Contains(
            $"{Names} tensors are unexpected",
            refused.Problem(422, "weights_mismatch").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        var report = taken.Ok(201).GetProperty("weights_report");
        Assert.Equal(
            (1000, Names - 1000),
            (report.GetProperty("unexpected").GetArrayLength(), report.GetProperty("more_unexpected").GetInt32())
        );
        Assert.Equal(report.GetRawText(), model.Ok().GetProperty("weights_report").GetRawText());
        Assert.All([refused, taken, model], answer => Assert.InRange(answer.Text.Length, 0, MostBytes));
        File.Delete(file);
    }

    [Fact]
    public async Task Create_OptionThatIsNoBoolean_IsMalformed() =>
        (await server.CreateAsync(Lesson("option"), null, "?allow_partial=perhaps")).Problem(400, "malformed_request");

    [Fact]
    public async Task List_Models_LeavesTheReportsOut()
    {
        (await server.CreateAsync(Lesson("listed"), WeightsServer.File("lesson", "lesson.pth"))).Ok(201);

        var models = (await server.GetAsync("/v1/models")).Ok().GetProperty("models").EnumerateArray();

        Assert.All(models, model => Assert.False(model.TryGetProperty("weights_report", out _)));
    }

    [Fact]
    public async Task Create_BaseWithHeadOfItsOwnAndFileWithTheOldHead_LoadsTheBackbone()
    {
        // torchvision's SqueezeNet has its head in the middle of its classifier.
        (await server.CreateAsync("""{"name":"backbone","base":"squeezenet1_1","seed":1}""")).Ok(201);
        var file = await server.DownloadAsync("backbone");
        await File.WriteAllBytesAsync(
            file,
            SafetensorsFile.WithoutMetadata(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)),
            TestContext.Current.CancellationToken
        );

        var model = (
            await server.CreateAsync(
                """
                {"name":"fine","base":"squeezenet1_1","head":[{"type":"conv2d","out_channels":5,"kernel_size":1}]}
                """,
                file,
                "?allow_partial=true"
            )
        ).Ok(201);

        Assert.Equal(["classifier.1.0.weight", "classifier.1.0.bias"], model.Strings("random_tensors"));
        Assert.Equal("random", model.GetProperty("head").GetString());
        File.Delete(file);
    }

    /// <summary>A safetensors file with this header and eight bytes of data.</summary>
    private static string Header(string json)
    {
        var path = Path.Combine(Path.GetTempPath(), $"weights-test-{Guid.NewGuid():N}.safetensors");
        File.WriteAllBytes(
            path,
            [.. BitConverter.GetBytes((ulong)json.Length), .. Encoding.ASCII.GetBytes(json), .. new byte[8]]
        );
        return path;
    }

    private static string Lesson(string name) => WeightsServer.Definition(name, WeightsServer.LessonArchitecture);
}
