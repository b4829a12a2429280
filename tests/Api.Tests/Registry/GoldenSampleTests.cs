using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

/// <summary>A version that does not reproduce its golden samples does not become the default.</summary>
public sealed class GoldenSampleTests : IDisposable
{
    private const string Model = "golden";

    private static readonly string Lesson = Fixtures.Json("weights", "lesson", "architecture.json").GetRawText();
    private static readonly string[] Labels = [.. Enumerable.Range(0, 10).Select(index => $"class {index}")];
    private static readonly byte[] Photo = Fixtures.Bytes("photos", "chelsea.jpg");

    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Create_ScoresOfPyTorch_AreReproducedByTheFileAndByANewVersionOfIt()
    {
        await using var server = Server();

        var first = await CreateAsync(server, "lesson.pth", TensorSample());
        var second = (await AddAsync(server, "lesson_legacy.pth")).Ok(201);

        AssertSamples(first, count: 1, reproduced: true, heldBack: false);
        AssertSamples(second, count: 1, reproduced: true, heldBack: false);
        Assert.Equal(2, await DefaultAsync(server));
    }

    [Fact]
    public async Task NewVersion_OtherWeights_StaysBesideAndSaysHowItDiffers()
    {
        await using var server = Server();
        await CreateAsync(server, "lesson.pth");
        var photo = PhotoSample(await ScoresAsync(server, Model));
        await server.Api.RemoveAsync(Model);
        await CreateAsync(server, "lesson.pth", photo, TensorSample());
        var before = await ScoresAsync(server, Model);

        var answer = await server.Api.PostAsync($"/v1/models/{Model}/versions", await RandomWeightsAsync(server));

        var made = answer.Ok(201);
        Assert.Equal((2, "ready"), (made.GetProperty("version").GetInt32(), made.GetProperty("state").GetString()));
        var differences = AssertSamples(made, count: 2, reproduced: false, heldBack: true);
        var (found, other) = (await ScoresAsync(server, $"{Model}/versions/2"), differences[0]);
        Assert.Equal([0, 1], differences.Select(difference => difference.GetProperty("index").GetInt32()));
        Assert.Equal(Numbers.IndexOfGreatest(before), other.GetProperty("expected_top_1").GetInt32());
        Assert.Equal(Numbers.IndexOfGreatest(found), other.GetProperty("found_top_1").GetInt32());
        Assert.Equal(
            before.Zip(found, (left, right) => Math.Abs(left - right)).Max(),
            other.GetProperty("score_difference").GetSingle(),
            1e-5
        );
        Assert.Equal(0.001, other.GetProperty("tolerance").GetDouble());

        // The first serves as before, and the model says why.
        Assert.Equal(1, await DefaultAsync(server));
        Assert.Equal(before, await ScoresAsync(server, Model));
        var model = (await server.Api.GetAsync($"/v1/models/{Model}")).Ok();
        AssertSamples(model, count: 2, reproduced: true, heldBack: false);
        Assert.Equal(
            made.GetProperty("samples").GetRawText(),
            model.GetProperty("versions")[1].GetProperty("samples").GetRawText()
        );
        Assert.Equal(
            made.GetProperty("samples").GetRawText(),
            (await server.Api.GetAsync($"/v1/models/{Model}/versions/2")).Ok().GetProperty("samples").GetRawText()
        );

        // It is the operator's decision all the same, and can be taken back.
        await PatchAsync(server, "2");
        Assert.Equal(2, await DefaultAsync(server));
        Assert.Equal(found, await ScoresAsync(server, Model));
        await PatchAsync(server, "\"newest\"");
        Assert.Equal(1, await DefaultAsync(server));

        // What comes next takes the samples of the default version, not of the newest.
        AssertSamples(
            (await AddAsync(server, "lesson.safetensors")).Ok(201),
            count: 2,
            reproduced: true,
            heldBack: false
        );
        Assert.Equal(3, await DefaultAsync(server));
    }

    [Fact]
    public async Task NewVersion_SamplesOfItsOwnOrNone_TakeThePlaceOfTheInherited()
    {
        await using var server = Server();
        await CreateAsync(server, "lesson.pth", TensorSample());
        var (best, encoded) = (
            Numbers.IndexOfGreatest(await ScoresAsync(server, Model)),
            Convert.ToBase64String(Photo)
        );

        // The same photo is said to be of two classes, one of which is right.
        var own = (
            await server.Api.PostAsync(
                $"/v1/models/{Model}/versions",
                $$"""
                {"samples":[{"image":"{{encoded}}","top_1":"{{Labels[best]}}"},{"image":"{{encoded}}","top_1":{{(
                    best + 1
                ) % 10}}}]}
                """
            )
        ).Ok(201);
        var none = (await server.Api.PostAsync($"/v1/models/{Model}/versions", """{"samples":[]}""")).Ok(201);
        var next = (await server.Api.PostAsync($"/v1/models/{Model}/versions", "{}")).Ok(201);

        var difference = Assert.Single(AssertSamples(own, count: 2, reproduced: false, heldBack: true));
        Assert.Equal(
            (1, (best + 1) % 10, best),
            (
                difference.GetProperty("index").GetInt32(),
                difference.GetProperty("expected_top_1").GetInt32(),
                difference.GetProperty("found_top_1").GetInt32()
            )
        );
        Assert.False(none.TryGetProperty("samples", out _));
        Assert.False(next.TryGetProperty("samples", out _));
        Assert.Equal(4, await DefaultAsync(server));
    }

    [Fact]
    public async Task NewVersion_NetworkThatTheInheritedDoNotFit_StaysBesideAndSaysWhy()
    {
        await using var server = Server();
        await CreateAsync(server, "lesson.pth", TensorSample(), PhotoSample(new float[10]));

        var head = (await server.Api.PostAsync($"/v1/models/{Model}/versions", """{"num_classes":3}""")).Ok(201);
        var input = (
            await server.Api.PostAsync(
                $"/v1/models/{Model}/versions",
                """
                {"architecture":{"input":{"shape":[2,8]},
                  "layers":[{"type":"flatten"},{"type":"linear","out_features":10}]}}
                """
            )
        ).Ok(201);

        Assert.All(
            AssertSamples(head, count: 2, reproduced: false, heldBack: true),
            difference => Assert.Contains("10 scores for 3 classes", Error(difference), StringComparison.Ordinal)
        );
        var differences = AssertSamples(input, count: 2, reproduced: false, heldBack: true);
        Assert.Contains("[3, 32, 32]", Error(differences[0]), StringComparison.Ordinal);
        Assert.Contains("a photo can't be turned into", Error(differences[1]), StringComparison.Ordinal);

        static string Error(JsonElement difference) => difference.GetProperty("error").GetString()!;
    }

    [Fact]
    public async Task Create_FirstVersionThatDiffers_AnswersByItsNumberUntilItIsPinned()
    {
        await using var server = Server();

        var made = (await server.Api.PostAsync("/v1/models", Definition(TensorSample()))).Ok(201);

        AssertSamples(made, count: 1, reproduced: false, heldBack: true);
        var detail = (await server.Api.PredictAsync(Model, Networks.InputJson()))
            .Problem(503, "model_not_ready")
            .GetProperty("detail")
            .GetString()!;
        Assert.Contains("did not reproduce its golden samples", detail, StringComparison.Ordinal);
        (await server.Api.PredictAsync($"{Model}/versions/1", Networks.InputJson())).Ok();
        AssertSamples(
            (await server.Api.GetAsync($"/v1/models/{Model}")).Ok(),
            count: 1,
            reproduced: false,
            heldBack: true
        );
        await PatchAsync(server, "1");
        (await server.Api.PredictAsync(Model, Networks.InputJson())).Ok();
    }

    [Fact]
    public async Task PutWeights_IntoAVersionThatIsHeldBack_ChecksAgain()
    {
        await using var server = Server();
        AssertSamples(
            (await server.Api.PostAsync("/v1/models", Definition(TensorSample()))).Ok(201),
            count: 1,
            reproduced: false,
            heldBack: true
        );

        var put = (
            await server.Api.SendAsync(HttpMethod.Put, $"/v1/models/{Model}/versions/1/weights", Weights("lesson.pth"))
        ).Ok();

        AssertSamples(put, count: 1, reproduced: true, heldBack: false);
        (await server.Api.PredictAsync(Model, Networks.InputJson())).Ok();
    }

    [Fact]
    public async Task Create_PictureThatCannotBeDecoded_IsRefusedAtItsPlace()
    {
        await using var server = Server();
        var bad = PhotoSample(new float[10], Fixtures.Bytes("bad", "truncated_header.jpg"));

        (await server.Api.PostAsync("/v1/models", Definition(PhotoSample(new float[10]), bad))).Problem(
            422,
            "definition_invalid",
            "/samples/1/image"
        );

        (await server.Api.GetAsync($"/v1/models/{Model}")).Problem(404, "model_not_found");
        await CreateAsync(server, "lesson.pth", TensorSample());
        (await server.Api.PostAsync($"/v1/models/{Model}/versions", $$"""{"samples":[{{bad}}]}""")).Problem(
            422,
            "definition_invalid",
            "/samples/0/image"
        );
        Assert.Single((await server.Api.GetAsync($"/v1/models/{Model}")).Ok().GetProperty("versions").EnumerateArray());
    }

    [Theory]
    [InlineData("all")]
    [InlineData("on_demand")]
    public async Task Restart_Samples_AreKeptAsTheyCameAndHoldBackTheSameVersion(string load)
    {
        string described;
        await using (var first = Server())
        {
            await CreateAsync(first, "lesson.pth", TensorSample());
            described = (
                await first.Api.PostAsync(
                    $"/v1/models/{Model}/versions",
                    await RandomWeightsAsync(
                        first,
                        $$""","samples":[{{TensorSample()}},{{PhotoSample(new float[10])}}]"""
                    )
                )
            )
                .Ok(201)
                .GetProperty("samples")
                .GetRawText();
        }

        await using var second = Server(load);

        Assert.Equal(1, await DefaultAsync(second));
        Assert.Equal(
            described,
            (await second.Api.GetAsync($"/v1/models/{Model}/versions/2")).Ok().GetProperty("samples").GetRawText()
        );
        (await second.Api.PredictAsync($"{Model}/versions/2", Networks.InputJson())).Ok();
        Assert.Equal(
            described,
            (await second.Api.GetAsync($"/v1/models/{Model}/versions/2")).Ok().GetProperty("samples").GetRawText()
        );
        Assert.Equal(1, await DefaultAsync(second));

        var manifest = JsonElement.Parse(
            await File.ReadAllBytesAsync(Stored(2, "manifest.json"), TestContext.Current.CancellationToken)
        );
        var bytes = await File.ReadAllBytesAsync(Stored(2, "samples.json"), TestContext.Current.CancellationToken);
        Assert.Equal(2, manifest.GetProperty("schema").GetInt32());
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(bytes)),
            manifest.GetProperty("files").GetProperty("samples.json").GetProperty("sha256").GetString()
        );
        Assert.Equal(Photo, JsonElement.Parse(bytes)[1].GetProperty("image").GetBytesFromBase64());
    }

    [Fact]
    public async Task Restart_DefaultThatNoLongerReproduces_IsReportedAndServesOn()
    {
        await using (var first = Server())
            await CreateAsync(first, "lesson.pth", TensorSample());
        ExpectAnother();

        await using var second = Server();
        (await second.Api.PredictAsync(Model, Networks.InputJson())).Ok();

        // Another processor or library, here another expectation, is no reason to stop what serves.
        var difference = Assert.Single(
            AssertSamples(
                (await second.Api.GetAsync($"/v1/models/{Model}")).Ok(),
                count: 1,
                reproduced: false,
                heldBack: false
            )
        );
        Assert.True(difference.GetProperty("score_difference").GetDouble() > 0.001);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("cut")]
    [InlineData("flipped")]
    public async Task Restart_DamagedSamples_AreReportedAndTheRestServes(string damage)
    {
        await using (var first = Server())
        {
            await CreateAsync(first, "lesson.pth", TensorSample());
            await first.Api.CreateAsync(Networks.Tiny("other"));
        }

        Damage(Stored(1, "samples.json"), damage);
        await using var second = Server();

        var detail = (await second.Api.PredictAsync(Model, Networks.InputJson()))
            .Problem(503, "model_not_ready")
            .GetProperty("detail")
            .GetString()!;
        Assert.Contains("samples.json", detail, StringComparison.Ordinal);
        Assert.DoesNotContain(data.Path, detail, StringComparison.Ordinal);
        Assert.Equal(
            "failed",
            (await second.Api.GetAsync($"/v1/models/{Model}")).Ok().GetProperty("state").GetString()
        );
        (await second.Api.PredictAsync("other", Networks.InputJson())).Ok();

        // A new version that brings samples of its own, or none, needs nothing of the damaged one.
        (await AddAsync(second, "lesson.pth", $$"""{"architecture":{{Lesson}}}""")).Problem(503, "storage_unavailable");
        (await AddAsync(second, "lesson.pth", $$"""{"architecture":{{Lesson}},"samples":[]}""")).Ok(201);
        Assert.Equal(2, await DefaultAsync(second));
    }

    [Fact]
    public async Task Relabel_ClassOfASample_StaysTheClassItWas()
    {
        await using (var first = Server())
        {
            await CreateAsync(first, "lesson.pth");
            var best = Numbers.IndexOfGreatest(await ScoresAsync(first, Model));
            var sample = $$"""{"image":"{{Convert.ToBase64String(Photo)}}","top_1":"{{Labels[best]}}"}""";
            AssertSamples(
                (await first.Api.PostAsync($"/v1/models/{Model}/versions", $$"""{"samples":[{{sample}}]}""")).Ok(201),
                count: 1,
                reproduced: true,
                heldBack: false
            );
            (
                await first.Api.SendAsync(
                    HttpMethod.Patch,
                    $"/v1/models/{Model}",
                    Bodies.Json($$"""{"labels":{{JsonSerializer.Serialize(Labels.Select(label => "new " + label))}}}""")
                )
            ).Ok();
            AssertSamples(
                (await first.Api.PostAsync($"/v1/models/{Model}/versions", "{}")).Ok(201),
                count: 1,
                reproduced: true,
                heldBack: false
            );
        }

        await using var second = Server();

        (await second.Api.PredictAsync($"{Model}/versions/2", Networks.InputJson())).Ok();
        AssertSamples(
            (await second.Api.GetAsync($"/v1/models/{Model}/versions/2")).Ok(),
            count: 1,
            reproduced: true,
            heldBack: false
        );
    }

    private ApiServer Server(string load = "all") =>
        new() { Settings = { ["ModelService:Storage:Path"] = data.Path, ["ModelService:Storage:Load"] = load } };

    private string Stored(int version, string file) => Path.Combine(data.Path, "models", Model, $"{version}", file);

    private static string Definition(params string[] samples) =>
        Networks.Model(
            Model,
            Lesson,
            $"\"seed\":1,\"labels\":{JsonSerializer.Serialize(Labels)},\"samples\":[{string.Join(',', samples)}]"
        );

    // The fixture's input with what PyTorch makes of it.
    private static string TensorSample()
    {
        var file = SafetensorsFile.Read(Fixtures.Path("weights", "lesson", "io.safetensors"));
        var exponentials = file.Floats("logits").Take(Labels.Length).Select(logit => Math.Exp(logit)).ToList();
        var sample = new
        {
            tensor = new { shape = Networks.Shape, data = file.Floats("input").Take(3 * 32 * 32) },
            scores = exponentials.Select(value => value / exponentials.Sum()),
        };
        return JsonSerializer.Serialize(sample);
    }

    private static string PhotoSample(float[] scores, byte[]? photo = null) =>
        JsonSerializer.Serialize(
            new
            {
                image = photo ?? Photo,
                top_1 = Numbers.IndexOfGreatest(scores),
                scores,
            }
        );

    private static StreamContent Weights(string file) => new(File.OpenRead(Fixtures.Path("weights", "lesson", file)));

    private static async Task<JsonElement> CreateAsync(ApiServer server, string weights, params string[] samples) =>
        await server.Api.CreateAsync(
            new MultipartFormDataContent
            {
                { Bodies.Json(Definition(samples)), "definition" },
                { Weights(weights), "weights", "w" },
            }
        );

    private static Task<Answer> AddAsync(ApiServer server, string weights, string definition = "{}") =>
        server.Api.PostAsync(
            $"/v1/models/{Model}/versions",
            new MultipartFormDataContent
            {
                { Bodies.Json(definition), "definition" },
                { Weights(weights), "weights", "w" },
            }
        );

    // A form with the weights that the same network has by a seed; more begins with a comma.
    private static async Task<HttpContent> RandomWeightsAsync(ApiServer server, string more = "")
    {
        await server.Api.CreateAsync(Networks.Lesson("random"));
        var bytes = SafetensorsFile.WithoutMetadata(
            await server
                .CreateClient()
                .GetByteArrayAsync("/v1/models/random/versions/1/weights", TestContext.Current.CancellationToken)
        );
        await server.Api.RemoveAsync("random");
        return new MultipartFormDataContent
        {
            { Bodies.Json($$"""{"precision":"float32"{{more}}}"""), "definition" },
            { new ByteArrayContent(bytes), "weights", "w" },
        };
    }

    private static async Task<float[]> ScoresAsync(ApiServer server, string path) =>
        (await server.Api.PredictAsync(path, Bodies.Photo("chelsea.jpg")))
            .Prediction()
            .GetProperty("probabilities")
            .Floats();

    private static async Task<int> DefaultAsync(ApiServer server) =>
        (await server.Api.PredictAsync(Model, Networks.InputJson())).Ok().GetProperty("version").GetInt32();

    private static async Task PatchAsync(ApiServer server, string version) =>
        (
            await server.Api.SendAsync(
                HttpMethod.Patch,
                $"/v1/models/{Model}",
                Bodies.Json($$"""{"default_version":{{version}}}""")
            )
        ).Ok();

    private static JsonElement[] AssertSamples(JsonElement version, int count, bool reproduced, bool heldBack)
    {
        var samples = version.GetProperty("samples");
        Assert.Equal(
            (count, reproduced, heldBack),
            (
                samples.GetProperty("count").GetInt32(),
                samples.GetProperty("reproduced").GetBoolean(),
                samples.GetProperty("held_back").GetBoolean()
            )
        );
        JsonElement[] differences = [.. samples.GetProperty("differences").EnumerateArray()];
        Assert.Equal(reproduced, differences.Length == 0);
        return differences;
    }

    // As if the scores were computed differently now: replaces the expected ones on the disk, and their hash in the
    // manifest.
    private void ExpectAnother()
    {
        var samples = JsonNode.Parse(File.ReadAllBytes(Stored(1, "samples.json")))!;
        var scores = samples[0]!["scores"]!.AsArray();
        samples[0]!["scores"] = new JsonArray([.. scores.Reverse().Select(score => score!.DeepClone())]);
        File.WriteAllText(Stored(1, "samples.json"), samples.ToJsonString());
        var bytes = File.ReadAllBytes(Stored(1, "samples.json"));
        var manifest = JsonNode.Parse(File.ReadAllBytes(Stored(1, "manifest.json")))!;
        manifest["files"]!["samples.json"] = new JsonObject
        {
            ["bytes"] = bytes.Length,
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)),
        };
        File.WriteAllText(Stored(1, "manifest.json"), manifest.ToJsonString());
    }

    private static void Damage(string path, string how)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[^5] ^= 1;
        if (how == "gone")
            File.Delete(path);
        else
            File.WriteAllBytes(path, how == "cut" ? bytes[..^10] : bytes);
    }
}
