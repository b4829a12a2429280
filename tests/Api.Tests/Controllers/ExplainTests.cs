using System.Text;
using System.Text.Json;
using ModelService.Api.Tests.Support;
using ModelService.Models.Backends;

namespace ModelService.Api.Tests.Controllers;

/// <summary>Explanations, feature maps and filters over HTTP.</summary>
public sealed class ExplainTests(ApiServer server)
{
    [Theory]
    [InlineData("overlay", "photo")]
    [InlineData("overlay", "input")]
    [InlineData("heat", "input")]
    public async Task Explain_Photo_GivesAPicture(string output, string view)
    {
        await server.Api.EnsureAsync(Networks.Lesson("explained"));

        var answer = await server.Api.PostAsync(
            $"/v1/models/explained/explain?output={output}&view={view}&legend=true",
            Bodies.Photo("chelsea.png")
        );

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal("image/png", answer.MediaType);
        Assert.Equal("5", answer.Header("X-Explanation-Layer"));
        Assert.NotNull(answer.Header("X-Explanation-Class"));
        using var picture = NetVips.Image.NewFromBuffer(answer.Bytes);
        Assert.Equal(view == "photo" ? 300 : 224, picture.Height);
        Assert.True(picture.Width > picture.Height, "There is no legend.");
    }

    [Theory]
    [InlineData("grad_cam", "5", 64)]
    [InlineData("hires_cam", "5", 64)]
    [InlineData("layer_cam", "5", 64)]
    [InlineData("grad_cam_pp", "5", 64)]
    [InlineData("integrated_gradients", null, 3072)]
    [InlineData("occlusion", null, 49)]
    public async Task Explain_EachMethod_GivesItsNumbers(string method, string? layer, int count)
    {
        await server.Api.EnsureAsync(Networks.Lesson("explained"));

        var body = (
            await server.Api.PostAsync(
                $"/v1/models/explained/versions/1/explain?method={method}&class=3&output=json&faithfulness=true",
                Networks.InputJson()
            )
        ).Ok();

        Assert.Equal(method, body.GetProperty("method").GetString());
        Assert.Equal(3, body.GetProperty("class_index").GetInt32());
        Assert.Equal(count, body.GetProperty("map").GetArrayLength());
        Assert.Equal(layer, body.TryGetProperty("layer", out var found) ? found.GetString() : null);
        Assert.InRange(body.GetProperty("positive").GetDouble(), 0, 1);
        Assert.True(body.GetProperty("max").GetDouble() >= body.GetProperty("min").GetDouble());
        Assert.Equal("float32", body.GetProperty("computed_in").GetString());
        Assert.Contains("random", body.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        Assert.InRange(body.GetProperty("faithfulness").GetProperty("insertion").GetDouble(), 0, 1);
        Assert.Equal(method == "integrated_gradients", body.TryGetProperty("completeness", out _));
        Assert.Equal(method == "occlusion", body.TryGetProperty("window", out _));
    }

    [Fact]
    public async Task Explain_TopClass_IsThePredictedOne()
    {
        await server.Api.EnsureAsync(Networks.Lesson("explained"));
        var predicted = (await server.Api.PredictAsync("explained", Networks.InputJson())).Prediction();

        var body = (await server.Api.PostAsync("/v1/models/explained/explain?output=json", Networks.InputJson())).Ok();

        var top = predicted.GetProperty("top")[0];
        Assert.Equal(top.GetProperty("class_index").GetInt32(), body.GetProperty("class_index").GetInt32());
        Assert.Equal(top.GetProperty("probability").GetDouble(), body.GetProperty("probability").GetDouble(), 1e-4);
    }

    [Fact]
    public async Task Explain_Safetensors_HoldsTheMap()
    {
        await server.Api.EnsureAsync(Networks.Lesson("explained"));

        var answer = await server.Api.PostAsync(
            "/v1/models/explained/explain?output=safetensors",
            Bodies.Photo("chelsea.png")
        );

        Assert.Equal((200, "application/octet-stream"), (answer.Status, answer.MediaType));
        var header = JsonElement.Parse(answer.Bytes.AsSpan(8, BitConverter.ToInt32(answer.Bytes)));
        Assert.Equal("5", header.GetProperty("__metadata__").GetProperty("layer").GetString());
        Assert.Equal(
            [8, 8],
            header.GetProperty("map").GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())
        );
    }

    [Theory]
    [InlineData("layer=fiv", "network has no layer 'fiv'")]
    [InlineData("layer=conv5x5", "It has 0, 1, 2")]
    [InlineData("layer=9", "is the head '9' or comes after it")]
    [InlineData("layer=6", "has no spatial size")]
    [InlineData("class=10", "classes 0 to 9")]
    [InlineData("class=-1", "classes 0 to 9")]
    [InlineData("class=cat", "has no labels")]
    [InlineData("steps=7&method=integrated_gradients", "16 to 64")]
    [InlineData("method=occlusion&window=33", "at most 32 fits")]
    [InlineData("method=gradcam", "one of grad_cam")]
    public async Task Explain_WhatIsNotThere_IsTold(string query, string told)
    {
        await server.Api.EnsureAsync(Networks.Lesson("explained"));

        var answer = await server.Api.PostAsync(
            $"/v1/models/explained/explain?output=json&{query}",
            Networks.InputJson()
        );

        Assert.Contains(
            told,
            answer.Problem(400, "malformed_request").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Explain_SeveralImages_AreRefused()
    {
        await server.Api.EnsureAsync(Networks.Lesson("explained"));
        var photo = Fixtures.Bytes("photos", "chelsea.png");

        var answer = await server.Api.PostAsync("/v1/models/explained/explain", Bodies.Files(photo, photo));

        Assert.Contains(
            "2 images",
            answer.Problem(400, "malformed_request").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        (await server.Api.PostAsync("/v1/models/nobody/explain", Bodies.Photo("chelsea.png"))).Problem(
            404,
            "model_not_found"
        );
    }

    [Fact]
    public async Task Explain_Labels_AreClasses()
    {
        await server.Api.EnsureAsync(Networks.Model("labelled", Tiny(), "\"seed\":1,\"labels\":[\"cat\",\"dog\"]"));

        var body = (
            await server.Api.PostAsync("/v1/models/labelled/explain?output=json&class=dog", Networks.InputJson())
        ).Ok();

        Assert.Equal((1, "dog"), (body.GetProperty("class_index").GetInt32(), body.GetProperty("label").GetString()));
        var misspelt = await server.Api.PostAsync("/v1/models/labelled/explain?class=dok", Networks.InputJson());
        Assert.Contains(
            "did you mean 'dog'",
            misspelt.Problem(400, "malformed_request").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Explain_LabelOfSeveralClasses_AsksForAnIndex()
    {
        await server.Api.EnsureAsync(Networks.Model("cranes", Tiny(), "\"seed\":1,\"labels\":[\"crane\",\"crane\"]"));

        var answer = await server.Api.PostAsync("/v1/models/cranes/explain?class=crane", Networks.InputJson());

        Assert.Contains(
            "The classes 0, 1 are all called 'crane'",
            answer.Problem(400, "malformed_request").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        (await server.Api.PostAsync("/v1/models/cranes/explain?output=json&class=1", Networks.InputJson())).Ok();
    }

    [Fact]
    public async Task Explain_SeriesAndVolumes_GiveNumbersButNoPicture()
    {
        const string Series = """
            {"input":{"shape":[2,64]},"layers":[{"type":"conv1d","out_channels":4,"kernel_size":3},{"type":"relu"},
              {"type":"adaptive_avg_pool1d","output_size":1},{"type":"flatten"},{"type":"linear","out_features":3}]}
            """;
        const string Volume = """
            {"input":{"shape":[1,8,8,8]},"layers":[{"type":"conv3d","out_channels":4,"kernel_size":3},{"type":"relu"},
              {"type":"flatten"},{"type":"linear","out_features":3}]}
            """;
        foreach (
            var (name, network, shape) in new[] { ("series", Series, new[] { 62 }), ("volume", Volume, [6, 6, 6]) }
        )
        {
            await server.Api.EnsureAsync(Networks.Model(name, network));
            var sizes = name == "series" ? new long[] { 2, 64 } : [1, 8, 8, 8];
            var input = Bodies.Tensors(sizes, new float[sizes.Aggregate(1, (count, size) => count * (int)size)]);

            var body = (await server.Api.PostAsync($"/v1/models/{name}/explain?output=json", input)).Ok();
            var picture = await server.Api.PostAsync($"/v1/models/{name}/explain", input);

            Assert.Equal(shape, body.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
            Assert.Contains(
                "output=json",
                picture.Problem(422, "input_mismatch").GetProperty("detail").GetString(),
                StringComparison.Ordinal
            );
            (await server.Api.PostAsync($"/v1/models/{name}/explain?output=json&method=occlusion", input)).Ok();
        }
    }

    [Fact]
    public async Task Explain_CoarserPrecision_IsExplainedInFloat32AndSaysSo()
    {
        Assert.SkipUnless(Precisions.ProcessorHasBFloat16, "This processor has no bfloat16.");
        await server.Api.EnsureAsync(
            Networks.Model(
                "coarse",
                Fixtures.Json("weights", "lesson", "architecture.json").GetRawText(),
                "\"seed\":1,\"precision\":\"bfloat16\""
            )
        );

        var answer = await server.Api.PostAsync("/v1/models/coarse/explain?output=json", Networks.InputJson());

        Assert.Contains("bfloat16", answer.Ok().GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_ClientLeaves_EndsAtTheNextStep()
    {
        await server.Api.EnsureAsync("""{"name":"left","base":"resnet18","num_classes":5}""");
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var photo = Bodies.Photo("chelsea.png");
        using var http = server.CreateClient();

        // Some 800 forward passes, which would take many seconds.
        var explained = http.PostAsync(
            new Uri("/v1/models/left/explain?method=occlusion&window=32&stride=7", UriKind.Relative),
            photo,
            leave.Token
        );
        await Eventually.GetAsync(ActiveAsync, active => active == 1);
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => explained);
        await Eventually.GetAsync(ActiveAsync, active => active == 0);
    }

    [Fact]
    public async Task Features_Layer_AreAGridOrFigures()
    {
        await server.Api.EnsureAsync(Networks.Lesson("explained"));

        var grid = await server.Api.PostAsync(
            "/v1/models/explained/features?layer=1&channels=0-3&together=true&legend=true",
            Bodies.Photo("chelsea.png")
        );
        var json = (
            await server.Api.PostAsync("/v1/models/explained/features?layer=1&output=json", Networks.InputJson())
        ).Ok();

        Assert.Equal((200, "image/png"), (grid.Status, grid.MediaType));
        using var picture = NetVips.Image.NewFromBuffer(grid.Bytes);
        Assert.Equal(130, picture.Height);
        Assert.Equal(6, json.GetProperty("statistics").GetArrayLength());
        Assert.Equal([6, 32, 32], json.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        (await server.Api.PostAsync("/v1/models/explained/features?layer=1&channels=6", Networks.InputJson())).Problem(
            400,
            "malformed_request",
            "?channels"
        );
        (await server.Api.PostAsync("/v1/models/explained/features?channels=x", Networks.InputJson())).Problem(
            400,
            "malformed_request",
            "?channels"
        );
    }

    [Fact]
    public async Task Filters_OfAConvolution_AreAPicture()
    {
        await server.Api.EnsureAsync(Networks.Lesson("explained"));

        var first = await server.Api.GetAsync("/v1/models/explained/layers/0/filters");
        var second = await server.Api.GetAsync("/v1/models/explained/versions/1/layers/3/filters?output=json");
        var none = await server.Api.GetAsync("/v1/models/explained/layers/1/filters");

        Assert.Equal((200, "image/png"), (first.Status, first.MediaType));
        using var picture = NetVips.Image.NewFromBuffer(first.Bytes);
        Assert.Equal(3, picture.Bands);
        Assert.Equal([12, 6, 3, 3], second.Ok().GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        none.Problem(404, "not_found");
    }

    [Fact]
    public async Task TryArchitecture_Filters_GiveTheFixturesNumbers()
    {
        var manifest = Fixtures.Json("filters", "manifest.json");
        var expected = SafetensorsFile.Read(Fixtures.Path("filters", "filters.safetensors"));
        foreach (var preset in manifest.GetProperty("presets").EnumerateObject())
        {
            var answer = await TryAsync(
                $$"""{ "type": "filter2d", "preset": "{{preset.Name}}" }""",
                "chelsea.png",
                "?output=safetensors"
            );

            Assert.True(answer.Status == 200, answer.Text);
            var numbers = expected.Floats($"{preset.Name}/chelsea_32x32");
            var found = new float[numbers.Length];
            Buffer.BlockCopy(
                answer.Bytes,
                8 + BitConverter.ToInt32(answer.Bytes),
                found,
                0,
                sizeof(float) * found.Length
            );
            Assert.All(numbers.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }
    }

    [Theory]
    [InlineData("""{ "type": "relu" }""", 3)]
    [InlineData("""{ "type": "max_pool2d", "kernel_size": 2 }""", 3)]
    [InlineData("""{ "type": "conv2d", "out_channels": 5, "kernel_size": 3 }""", 5)]
    [InlineData("""{ "type": "flatten" }, { "type": "linear", "out_features": 7 }""", 7)]
    public async Task TryArchitecture_NoClassifier_IsSeen(string layers, int channels)
    {
        var picture = await TryAsync(layers, "chelsea.png", "?colors=gray");
        var json = (await TryAsync(layers, "chelsea.png", "?output=json")).Ok();

        Assert.Equal((200, "image/png"), (picture.Status, picture.MediaType));
        Assert.Equal(channels, json.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task TryArchitecture_Mistakes_AreTold()
    {
        (await TryAsync("""{ "type": "conv2d" }""", "chelsea.png", "")).Problem(422, "definition_invalid");
        (await TryAsync("""{ "type": "relu" }""", "chelsea.png", "?layer=relu")).Problem(
            400,
            "malformed_request",
            "?layer"
        );
        (await server.Api.PostAsync("/v1/architectures/features", "{}")).Problem(415, "unsupported_media_type");
        using var form = new MultipartFormDataContent { { Bodies.Json("{}"), "definition" } };
        (await server.Api.PostAsync("/v1/architectures/features", form)).Problem(400, "malformed_request");
    }

    [Fact]
    public async Task Explain_TooMany_AreRefused()
    {
        await using var own = new ApiServer { Settings = new() { ["ModelService:Explanation:MaxWaiting"] = "1" } };
        await own.Api.CreateAsync(Networks.Slow("slow"));
        const string Path = "/v1/models/slow/explain?output=json&method=integrated_gradients&steps=64";

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => own.Api.PostAsync(Path, Networks.InputJson()))
        );

        Assert.Contains(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => answer.Problem(429, "overloaded"));
        Assert.Contains(answers, answer => answer.Status == 429);
        var late = await own.Connect(("X-Request-Timeout-Ms", "1")).PostAsync(Path, Networks.InputJson());
        late.Problem(504, "deadline_exceeded");
    }

    [Fact]
    public async Task Explain_LittleMemory_IsToldBeforeItStarts()
    {
        await using var own = new ApiServer
        {
            Settings = new()
            {
                ["ModelService:Explanation:MaxBytes"] = "16777216",
                ["ModelService:Explanation:MaxWindows"] = "48",
            },
        };
        await own.Api.CreateAsync(
            Networks.Model(
                "large",
                """
                {"input":{"channels":3,"height":256,"width":256},
                  "layers":[{"type":"conv2d","out_channels":32,"kernel_size":1},{"type":"adaptive_avg_pool2d",
                  "output_size":1},{"type":"flatten"},{"type":"linear","out_features":4}]}
                """
            )
        );

        var answer = await own.Api.PostAsync("/v1/models/large/explain", Bodies.Photo("chelsea.png"));

        await own.Api.CreateAsync(Networks.Lesson("small"));
        var often = await own.Api.PostAsync("/v1/models/small/explain?method=occlusion", Bodies.Photo("chelsea.png"));
        often.Problem(400, "malformed_request", "?stride");
        Assert.Contains(
            "MaxBytes",
            answer.Problem(503, "out_of_memory").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Explain_MemoryForOne_SeveralWaitForTheirTurn()
    {
        await using var own = new ApiServer { Settings = new() { ["ModelService:Memory:Budget"] = "68000000" } };
        await own.Api.CreateAsync(Networks.Slow("slow"));
        const string Path = "/v1/models/slow/explain?output=json&method=integrated_gradients&steps=64";

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => own.Api.PostAsync(Path, Networks.InputJson()))
        );

        Assert.All(answers, answer => answer.Ok());
    }

    private async Task<Answer> TryAsync(string layers, string photo, string query)
    {
        var network = $$"""{ "input": { "channels": 3, "height": 32, "width": 32 }, "layers": [{{layers}}] }""";
        using var form = new MultipartFormDataContent
        {
            { new StringContent(network, Encoding.UTF8, "application/json"), "definition" },
            { new ByteArrayContent(Fixtures.Bytes("photos", photo)), "image", photo },
        };
        return await server.Api.PostAsync($"/v1/architectures/features{query}", form);
    }

    private static string Tiny() =>
        """
            {"input":{"channels":3,"height":32,"width":32},
              "layers":[{"type":"conv2d","out_channels":4,"kernel_size":3},{"type":"relu"},{"type":"flatten"},
              {"type":"linear","out_features":2}]}
            """;

    private async Task<double> ActiveAsync()
    {
        const string Name = "modelservice_explanations_active{} ";
        var metrics = (await server.Api.GetAsync("/metrics")).Text;
        var line = metrics.Split('\n').Single(line => line.StartsWith(Name, StringComparison.Ordinal));
        return double.Parse(line[Name.Length..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
