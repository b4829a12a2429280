using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

public sealed class AnalyzeTests(ApiServer server)
{
    private const string Path = "/v1/architectures/analyze";

    [Fact]
    public async Task Analyze_LessonNetwork_GivesShapesAndCostsOfEveryLayer()
    {
        var lesson = Fixtures.Json("weights", "manifest.json").GetProperty("nets").GetProperty("lesson");

        var body = (
            await server.Api.PostAsync(Path, Fixtures.Json("weights", "lesson", "architecture.json").GetRawText())
        ).Ok();

        Assert.Equal([3, 32, 32], body.GetProperty("input_shape").Longs());
        Assert.Equal([10], body.GetProperty("output_shape").Longs());
        Assert.Equal(lesson.GetProperty("parameters").GetInt64(), body.GetProperty("parameters").GetInt64());
        Assert.Equal(lesson.GetProperty("macs").GetInt64(), body.GetProperty("macs").GetInt64());
        Assert.Equal("9", body.GetProperty("head_layer").GetString());
        Assert.Equal(
            [
                "/layers/0 6x32x32",
                "/layers/1 6x32x32",
                "/layers/2 6x16x16",
                "/layers/3 12x16x16",
                "/layers/4 12x16x16",
                "/layers/5 12x8x8",
                "/layers/6 768",
                "/layers/7 20",
                "/layers/8 20",
                "/layers/9 10",
            ],
            body.GetProperty("layers")
                .EnumerateArray()
                .Select(layer =>
                    $"{layer.GetProperty("pointer")} {string.Join('x', layer.GetProperty("output_shape").Longs())}"
                )
        );
        Assert.Equal(
            body.GetProperty("parameters").GetInt64(),
            body.GetProperty("layers").EnumerateArray().Sum(layer => layer.GetProperty("parameters").GetInt64())
        );
    }

    [Theory]
    [InlineData("0", 64, 8)] // the default for processors
    [InlineData("256", 64, 256)]
    [InlineData("256", 2048, 16)] // an input of 16 MiB: no more at once than 256 MiB of them
    public async Task Analyze_LargestBatch_IsTheOneThatIsComputed(string maxBatchSize, int side, int expected)
    {
        await using var own = new ApiServer
        {
            Settings = new() { ["ModelService:Batching:MaxBatchSize"] = maxBatchSize },
        };

        var body = (
            await own.Api.PostAsync(
                Path,
                $$$"""{"input":{"channels":1,"height":{{{side}}},"width":{{{side}}}},"layers":[{"type":"relu"}]}"""
            )
        ).Ok();

        var memory = body.GetProperty("estimated_memory");
        Assert.Equal(expected, memory.GetProperty("largest_batch_size").GetInt32());
        Assert.Equal(
            expected * memory.GetProperty("batch1").GetInt64(),
            memory.GetProperty("largest_batch").GetInt64()
        );
    }

    [Fact]
    public async Task Analyze_ReceptiveFieldBeyond64Bits_IsNoError()
    {
        const string Network = """
            {"input":{"channels":1,"height":8,"width":8},
              "layers":[{"type":"repeat","times":70,
              "layers":[{"type":"conv2d","out_channels":1,"kernel_size":3,"stride":2,"padding":1}]}]}
            """;

        var body = (await server.Api.PostAsync(Path, Network)).Ok();

        Assert.Equal(
            [long.MaxValue, long.MaxValue],
            body.GetProperty("layers")[70].GetProperty("receptive_field").GetProperty("size").Longs()
        );
    }

    [Fact]
    public async Task Analyze_HeadAmongLayersWithoutWeights_IsAnErrorAtItsName()
    {
        const string Network = """
            {"input": {"channels": 3, "height": 8, "width": 8}, "layers": [{"type": "flatten"}], "head_layer": "fc"}
            """;

        (await server.Api.PostAsync(Path, Network)).Problem(422, "definition_invalid", "/head_layer");
    }

    [Fact]
    public async Task Analyze_SeveralErrors_ReportsEachAtItsPlace()
    {
        const string Network = """
            {
              "input": {"channels": 3, "height": 8, "width": 8},
              "layers": [
                {"type": "conv2", "out_channels": 4},
                {"type": "conv2d", "out_channels": "many", "kernel_size": 3},
                {"type": "relu", "slope": 1},
                {"type": "dropout", "p": 2},
                {"out_features": 2}
              ]
            }
            """;

        var body = (await server.Api.PostAsync(Path, Network)).Problem(
            422,
            "definition_invalid",
            "/layers/0/type",
            "/layers/1/out_channels",
            "/layers/2/slope",
            "/layers/3/p",
            "/layers/4"
        );

        Assert.Contains(
            "'conv2' is not a layer type; did you mean 'conv2d'?",
            body.GetRawText(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Analyze_LayersBehindAMistake_SayThatTheyDependOnIt()
    {
        const string Network = """
            {
              "input": {"channels": 3, "height": 8, "width": 8},
              "layers": [
                {"type": "relu"},
                {"type": "conv2d", "out_channels": 4, "kernel_size": 3, "paddng": 1},
                {"type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": "same", "stride": 2},
                {"type": "flatten"},
                {"type": "linear", "out_features": 3},
                {"type": "relu"}
              ]
            }
            """;

        var body = (await server.Api.PostAsync(Path, Network)).Problem(
            422,
            "definition_invalid",
            "/layers/1/paddng",
            "/layers/2/padding"
        );

        Assert.Equal(
            [false, true, true, true, true, false],
            body.GetProperty("layers")
                .EnumerateArray()
                .Select(layer => layer.TryGetProperty("depends_on_error", out var depends) && depends.GetBoolean())
        );
    }

    [Theory]
    [InlineData("""{"type":"conv2d","out_channels":4,"kernel_size":9}""", "/layers/0/kernel_size")]
    [InlineData("""{"type":"linear","out_features":4,"in_features":5}""", "/layers/0/in_features")]
    [InlineData("""{"type":"relu","name":"forward"}""", "/layers/0/name")]
    [InlineData("""{"type":"conv2d","out_channels":4,"kernel_size":3,"in_channels":1}""", "/layers/0/in_channels")]
    [InlineData("""{"type":"conv2d","out_channels":4,"kernel_size":0}""", "/layers/0/kernel_size")]
    [InlineData("""{"type":"conv2d","out_channels":4,"kernel_size":[3,3,3]}""", "/layers/0/kernel_size")]
    [InlineData("""{"type":"conv2d","out_channels":4.5,"kernel_size":3}""", "/layers/0/out_channels")]
    [InlineData("""{"type":"conv2d","out_channels":4,"out_channels":4,"kernel_size":3}""", "/layers/0/out_channels")]
    [InlineData("""{"type":"conv2d","out_channels":4}""", "/layers/0")]
    [InlineData("""{"type":"max_pool2d","kernel_size":3,"stride":0}""", "/layers/0/stride")]
    [InlineData("""{"type":"batch_norm1d"}""", "/layers/0/type")]
    [InlineData(
        """{"type":"residual","body":[{"type":"conv2d","out_channels":4,"kernel_size":3}]}""",
        "/layers/0/body"
    )]
    [InlineData("""{"type":"repeat","times":1000000,"layers":[{"type":"relu"}]}""", "/layers/0/times")]
    [InlineData("""{"type":"linear","out_features":2147483647}""", "/layers/0")]
    [InlineData(
        """
            {"type":"conv2d","out_channels":1,"kernel_size":1,"padding":1000000,"stride":2000001,
              "padding_mode":"replicate"}
            """,
        "/layers/0"
    )]
    [InlineData("""{"type":"local_response_norm","size":2147483647}""", "/layers/0")]
    [InlineData("""{"type":"elu","alpha":1e308}""", "/layers/0/alpha")]
    [InlineData("\"relu\"", "/layers/0")]
    [InlineData("null", "/layers/0")]
    public async Task Analyze_LayerThatDoesNotFit_PointsAtIt(string layer, string pointer)
    {
        var answer = await server.Api.PostAsync(
            Path,
            $$"""{"input":{"channels":3,"height":8,"width":8},"layers":[{{layer}}]}"""
        );

        var body = answer.Problem(422, "definition_invalid");
        var first = body.GetProperty("errors")[0].GetProperty("pointer").GetString()!;
        Assert.Equal(pointer, first);
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("[]", "")]
    [InlineData("7", "")]
    [InlineData("null", "")]
    [InlineData("""{"input":{"channels":3,"height":8,"width":8},"layers":[]}""", "/layers")]
    [InlineData("""{"input":{"channels":3,"height":8,"width":8},"layers":{}}""", "/layers")]
    [InlineData("""{"input":{"channels":0,"height":8,"width":8},"layers":[{"type":"flatten"}]}""", "/input/channels")]
    [InlineData("""{"input":[3,8,8],"layers":[{"type":"flatten"}]}""", "/input")]
    [InlineData("""{"input":{"shape":[3,8,8]},"layers":[{"type":"flatten"}],"optimizer":"adam"}""", "/optimizer")]
    [InlineData("""{"$schema":7,"input":{"shape":[3,8,8]},"layers":[{"type":"flatten"}]}""", "/$schema")]
    public async Task Analyze_WrongDocument_PointsAtThePlace(string json, string pointer)
    {
        var answer = await server.Api.PostAsync(Path, json);

        var body = answer.Problem(422, "definition_invalid");
        Assert.Contains(
            pointer,
            body.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString())
        );
    }

    [Fact]
    public async Task Analyze_InputLargerThanTheLimits_IsRefused()
    {
        const string Network = """
            {"input":{"channels":2147483647,"height":2147483647,"width":2147483647},"layers":[{"type":"flatten"}]}
            """;

        var answer = await server.Api.PostAsync(Path, Network);

        answer.Problem(422, "definition_invalid");
    }

    [Theory]
    [InlineData("[2,4,4,4]", """{"type":"adaptive_avg_pool3d","output_size":2147483647}""", "/layers/0")]
    [InlineData("[3,32,32]", """{"type":"adaptive_avg_pool2d","output_size":2147483647}""", "/layers/0")]
    [InlineData("[2147483647,2147483647,2147483647,2147483647]", """{"type":"relu"}""", "/input")]
    public async Task Analyze_ProductBeyond64Bits_IsAnErrorAtItsPlace(string shape, string layer, string pointer)
    {
        var answer = await server.Api.PostAsync(
            Path,
            $$"""{"input":{"shape":{{shape}}},"layers":[{{layer}},{"type":"relu"}]}"""
        );

        answer.Problem(422, "definition_invalid", pointer);
    }

    [Theory]
    [InlineData(1, 200)]
    [InlineData(40, 422)]
    public async Task Analyze_NetworkAtTheLargestLimits_IsCountedOrRefused(int layers, int status)
    {
        await using var large = new ApiServer
        {
            Settings =
            {
                ["ModelService:Limits:MaxActivationBytes"] = "8589934588",
                ["ModelService:Limits:MaxParameters"] = "1000000000000",
                ["ModelService:Limits:MaxMacs"] = "1000000000000000000",
            },
        };
        var network = string.Join(
            ',',
            Enumerable.Repeat("""{"type":"conv2d","out_channels":1,"kernel_size":16385,"padding":8192}""", layers)
        );

        var answer = await large.Api.PostAsync(
            Path,
            $$"""{"input":{"shape":[1,32768,32768]},"layers":[{{network}}]}"""
        );

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task Analyze_NameOfTheSchema_IsPassedOver()
    {
        var answer = await server.Api.PostAsync(
            Path,
            """
            {"$schema":"http://localhost:8080/v1/schemas/architecture","input":{"shape":[3,8,8]},
              "layers":[{"type":"flatten"}]}
            """
        );

        Assert.Equal([192], answer.Ok().GetProperty("output_shape").Longs());
    }

    // Each of these once took minutes, or answered with megabytes.
    [Theory]
    [InlineData("{}", 300_000, "", "")]
    [InlineData("0", 500_000, "", "")]
    [InlineData("""{"type":"sequential","layers":[{},{}]}""", 25_000, "", "")]
    [InlineData("\"x\":[]", 60_000, """{"type":"relu",""", "}")]
    [InlineData("\"x\"", 150_000, """{"type":"conv2d","out_channels":1,"kernel_size":[""", "]}")]
    public async Task Analyze_ThousandsOfErrors_GivesTheFirstHundredAndSaysSo(
        string part,
        int times,
        string before,
        string after
    )
    {
        var parts = Enumerable
            .Range(0, times)
            .Select(index => part.Replace("\"x\":", $"\"x{index}\":", StringComparison.Ordinal));

        var answer = await server.Api.PostAsync(
            Path,
            $$"""
            {"input":{"channels":3,"height":8,"width":8},"layers":[{{before}}{{string.Join(',', parts)}}{{after}}]}
            """
        );

        var body = answer.Problem(422, "definition_invalid");
        Assert.Equal(100, body.GetProperty("errors").GetArrayLength());
        Assert.Contains(
            "And at least 99 more; see 'errors', which has the first 100.",
            body.GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        Assert.InRange(answer.Text.Length, 0, 200_000);
    }

    [Fact]
    public async Task Analyze_MoreLayersThanTheLimit_PointsAtTheFirstOneTooMany()
    {
        var layers = string.Join(',', Enumerable.Repeat("""{"type":"relu"}""", 60_000));

        var answer = await server.Api.PostAsync(
            Path,
            $$"""{"input":{"channels":3,"height":8,"width":8},"layers":[{{layers}}]}"""
        );

        answer.Problem(422, "definition_invalid", "/layers/5000");
    }

    [Fact]
    public async Task Analyze_LongListOfSizes_IsNotQuotedWhole()
    {
        var sizes = string.Join(',', Enumerable.Repeat('3', 400_000));

        var answer = await server.Api.PostAsync(
            Path,
            $$"""
            {"input":{"channels":3,"height":8,"width":8},
              "layers":[{"type":"conv2d","out_channels":4,"kernel_size":[{{sizes}}]}]}
            """
        );

        answer.Problem(422, "definition_invalid", "/layers/0/kernel_size");
        Assert.InRange(answer.Text.Length, 0, 2_000);
    }

    [Fact]
    public async Task Analyze_DeeplyNestedJson_IsRefused()
    {
        var network =
            string.Concat(Enumerable.Repeat("""{"type":"sequential","layers":[""", 200))
            + string.Concat(Enumerable.Repeat("]}", 200));

        var answer = await server.Api.PostAsync(
            Path,
            $$"""{"input":{"channels":3,"height":8,"width":8},"layers":[{{network}}]}"""
        );

        answer.Problem(400, "malformed_request");
    }
}
