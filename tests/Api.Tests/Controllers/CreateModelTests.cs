using ModelService.Api.Tests.Support;
using ModelService.Models.Backends;
using static TorchSharp.torch;

namespace ModelService.Api.Tests.Controllers;

public sealed class CreateModelTests(ApiServer server)
{
    [Fact]
    public async Task Create_NetworkOfItsOwn_IsThereAndSaysEverything()
    {
        var answer = await server.Api.PostAsync(
            "/v1/models",
            Networks.Tiny(
                "create-own",
                "\"labels\":[\"a\",\"b\",\"c\",\"d\"],\"device\":\"cpu\",\"precision\":\"float32\",\"seed\":1"
            )
        );

        var model = answer.Ok(201);
        Assert.Equal("/v1/models/create-own", answer.Location!.AbsolutePath);
        Assert.Equal("create-own", model.GetProperty("name").GetString());
        Assert.Equal(1, model.GetProperty("version").GetInt32());
        Assert.Equal("random", model.GetProperty("weights").GetString());
        Assert.Equal("cpu", model.GetProperty("device").GetString());
        Assert.Equal("float32", model.GetProperty("precision").GetString());
        Assert.Equal([3, 32, 32], model.GetProperty("input_shape").Longs());
        Assert.Equal(4, model.GetProperty("num_classes").GetInt32());
        Assert.Equal(["a", "b", "c", "d"], model.GetProperty("labels").Texts());
        Assert.Equal((3 * 32 * 32 * 4) + 4, model.GetProperty("parameters").GetInt64());
        Assert.Equal(3 * 32 * 32 * 4, model.GetProperty("macs").GetInt64());
        Assert.Equal(4 * ((3 * 32 * 32 * 4) + 4), model.GetProperty("bytes").GetInt64());
        Assert.True(model.GetProperty("created_at").TryGetDateTimeOffset(out _));
        Assert.False(model.TryGetProperty("base", out _));
        Assert.Equal(model.GetRawText(), (await server.Api.GetAsync(answer.Location.AbsolutePath)).Ok().GetRawText());
    }

    [Fact]
    public async Task Create_OwnNetwork_ShowsPreprocessingInTheLanguageOnly()
    {
        var model = await server.Api.CreateAsync(Networks.Tiny("create-shown"));

        // What is shown can be sent as it stands: no property of ours that the language does not know.
        var preprocessing = model.GetProperty("preprocessing");
        Assert.False(preprocessing.TryGetProperty("channel_count", out _));
        Assert.False(preprocessing.TryGetProperty("output_size", out _));
        await server.Api.CreateAsync(
            Networks.Tiny("create-shown-again", $"\"preprocessing\":{preprocessing.GetRawText()}")
        );
    }

    [Fact]
    public async Task Create_BaseWithItsOwnHeadLayers_TakesThem()
    {
        const string Head = """[{"type":"dropout","p":0.2},{"type":"linear","out_features":5}]""";

        var model = await server.Api.CreateAsync(
            $$"""{"name":"create-head","base":"resnet18","head":{{Head}},"seed":1}"""
        );

        Assert.Equal(5, model.GetProperty("num_classes").GetInt32());
        Assert.Equal("resnet18", model.GetProperty("base").GetString());
        Assert.Equal(11_176_512 + (512 * 5) + 5, model.GetProperty("parameters").GetInt64());
        await server.Api.RemoveAsync("create-head");
    }

    [Fact]
    public async Task Create_SameSeed_GivesTheSameNumbers()
    {
        foreach (var (name, seed) in new[] { ("seed-a", "7"), ("seed-b", "7"), ("seed-c", "8"), ("seed-d", "null") })
            await server.Api.CreateAsync(Networks.Tiny(name, $"\"seed\":{seed}"));

        var logits = new Dictionary<string, float[]>();
        foreach (var name in new[] { "seed-a", "seed-b", "seed-c", "seed-d" })
        {
            logits[name] = (await server.Api.PredictAsync(name, Networks.InputJson(), "?scores=logits"))
                .Prediction()
                .GetProperty("logits")
                .Floats();
        }

        Assert.Equal(logits["seed-a"], logits["seed-b"]);
        Assert.NotEqual(logits["seed-a"], logits["seed-c"]);
        Assert.NotEqual(logits["seed-a"], logits["seed-d"]);
        Assert.NotEqual(logits["seed-c"], logits["seed-d"]);
    }

    [Fact]
    public async Task Create_NameThatIsTaken_IsRefusedAndChangesNothing()
    {
        var first = await server.Api.CreateAsync(Networks.Tiny("create-twice"));

        var answer = await server.Api.PostAsync("/v1/models", Networks.Lesson("create-twice"));

        answer.Problem(409, "model_exists");
        Assert.Equal(first.GetRawText(), (await server.Api.GetAsync("/v1/models/create-twice")).Ok().GetRawText());
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("a.b_c-d")]
    [InlineData("a..b")]
    [InlineData("6666666666666666666666666666666666666666666666666666666666666664")]
    public async Task Create_GoodName_IsTaken(string name)
    {
        await server.Api.CreateAsync(Networks.Tiny(name));

        Assert.Equal(name, (await server.Api.GetAsync("/v1/models/" + name)).Ok().GetProperty("name").GetString());
        Assert.Equal(name, (await server.Api.RemoveAsync(name)).GetProperty("model").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../etc")]
    [InlineData("a/b")]
    [InlineData("a\\\\b")]
    [InlineData("%2e%2e")]
    [InlineData(".hidden")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("Pets")]
    [InlineData("a b")]
    [InlineData("a\\n")]
    [InlineData("a\\u0000")]
    [InlineData("\u00e9")]
    [InlineData("\u0661")]
    [InlineData("66666666666666666666666666666666666666666666666666666666666666665")]
    public async Task Create_BadName_IsRefused(string name)
    {
        var answer = await server.Api.PostAsync("/v1/models", Networks.Tiny(name));

        answer.Problem(422, "definition_invalid", "/name");
    }

    [Fact]
    public async Task Create_PredefinedNetwork_HasImageNetsClassesUnlessItsHeadIsReplaced()
    {
        var whole = await server.Api.CreateAsync("""{"name":"create-imagenet","base":"squeezenet1_1"}""");
        var other = await server.Api.CreateAsync(
            """{"name":"create-thousand","base":"squeezenet1_1","num_classes":1000}"""
        );

        // torchvision's list; class 285 is the cat of its examples.
        var labels = whole.GetProperty("labels").Texts().ToList();
        Assert.Equal(1000, labels.Distinct().Count());
        Assert.Equal(("tench", "Egyptian cat", "toilet tissue"), (labels[0], labels[285], labels[999]));
        Assert.False(other.TryGetProperty("labels", out _));
        await server.Api.RemoveAsync("create-imagenet");
        await server.Api.RemoveAsync("create-thousand");
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("fastest")]
    public async Task Create_PrecisionToBeChosen_IsTheOneThatTookLeastTime(string precision)
    {
        var body = $$"""{"name":"timed","base":"squeezenet1_1","seed":1,"device":"cpu","precision":"{{precision}}"}""";
        var model = await server.Api.CreateAsync(body);

        var chosen = model.GetProperty("chosen");
        Assert.Equal(
            (precision, "plan"),
            (model.GetProperty("precision").GetString(), model.GetProperty("route").GetString())
        );
        if (Precisions.ProcessorHasBFloat16)
        {
            var ms = chosen
                .GetProperty("ms")
                .EnumerateObject()
                .ToDictionary(time => time.Name, time => time.Value.GetDouble());
            var fastest = ms.Where(time => time.Key != "float32").Min(time => time.Value);
            Assert.Equal(
                fastest < 0.97 * ms["float32"] ? "bfloat16" : "float32",
                chosen.GetProperty("precision").GetString()
            );
            Assert.True(precision == "fastest" || !ms.ContainsKey("mixed"));
        }
        else
        {
            Assert.Equal("float32", chosen.GetProperty("precision").GetString());
        }

        // Loaded again, it is not timed again.
        (await server.Api.PostAsync("/v1/models/timed/versions/1/unload", "{}")).Ok();
        (await server.Api.PostAsync("/v1/models/timed/versions/1/load", "{}")).Ok();
        var again = (await server.Api.GetAsync("/v1/models/timed")).Ok().GetProperty("chosen");
        Assert.Equal(chosen.GetRawText(), again.GetRawText());
        await server.Api.RemoveAsync("timed");
    }

    [Fact]
    public async Task Create_BFloat16_IsServedByItsPlanWhereTheProcessorHasIt()
    {
        var answer = await server.Api.PostAsync(
            "/v1/models",
            Networks.Tiny("create-bf16", "\"device\":\"cpu\",\"precision\":\"bfloat16\"")
        );

        if (Precisions.ProcessorHasBFloat16)
        {
            var model = answer.Ok(201);
            Assert.Equal(
                ("bfloat16", "plan"),
                (model.GetProperty("precision").GetString(), model.GetProperty("route").GetString())
            );
            Assert.InRange(model.GetProperty("fidelity").GetProperty("max_difference").GetDouble(), 0, 0.05);
            (await server.Api.PredictAsync("create-bf16", Networks.InputJson())).Ok();
            await server.Api.RemoveAsync("create-bf16");
        }
        else
        {
            Assert.Contains(
                "AVX512_BF16",
                answer.Problem(422, "definition_invalid", "/precision").GetProperty("detail").GetString(),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task Create_DeviceThatIsNotThere_IsRefusedAndLeavesTheNameFree()
    {
        Assert.SkipWhen(cuda.is_available(), "There is a GPU.");

        var answer = await server.Api.PostAsync("/v1/models", Networks.Tiny("create-gpu", "\"device\":\"cuda\""));

        var detail = answer.Problem(422, "definition_invalid", "/device").GetProperty("detail").GetString();
        Assert.Contains("no NVIDIA GPU", detail, StringComparison.Ordinal);
        await server.Api.CreateAsync(Networks.Tiny("create-gpu"));
    }
}
