using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

public sealed class StorageTests : IDisposable
{
    private const string Stored = "kept",
        Small =
            """
                {"input":{"channels":3,"height":32,"width":32},
                  "layers":[{"type":"conv2d","out_channels":2,"kernel_size":3},{"type":"batch_norm2d"},
                  {"type":"flatten"},{"type":"linear","out_features":4}]}
                """;

    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Restart_RandomModel_GivesTheSameScoresAndSaysTheSameOfItself()
    {
        float[] before;
        JsonNode described;
        await using (var first = Server())
        {
            await first.Api.CreateAsync(
                Networks.Model(
                    Stored,
                    Small,
                    """
                     "labels":["a","b","c","d"],"preprocessing":{"resize":{"height":32,"width":32},
                      "mean":[0.1,0.2,0.3],"std":[1,2,3]} 
                    """
                )
            );
            (before, described) = (await ScoresAsync(first), await DescribeAsync(first));
        }

        await using var second = Server();

        Assert.Equal(before, await ScoresAsync(second));
        Assert.True(
            JsonNode.DeepEquals(described, await DescribeAsync(second)),
            "The model is described otherwise after the restart."
        );
    }

    [Fact]
    public async Task Restart_PlanThatWasCompared_IsNotComparedAgain()
    {
        await using (var first = Server())
            await first.Api.CreateAsync(Networks.Model(Stored, Small));

        // Marks the stored result, so that the test sees whether it is taken.
        var file = Assert.Single(Directory.GetFiles(Path.Combine(data.Path, "trials")));
        var result = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        result["Accuracy"]!["Inputs"] = 12_345;
        await File.WriteAllTextAsync(file, result.ToJsonString(), TestContext.Current.CancellationToken);
        await using var second = Server();
        await ScoresAsync(second); // waits until it is loaded

        Assert.Equal(12_345, (int)(await DescribeAsync(second))["fidelity"]!["inputs"]!);
    }

    [Fact]
    public async Task Restart_EveryPredefinedHeadForm_IsReadBackWithItsArchitecture()
    {
        var names = new[] { "replaced", "layers", "derived" };
        var before = new List<string>();
        await using (var first = Server())
        {
            await first.Api.CreateAsync("""{"name":"replaced","base":"squeezenet1_1","num_classes":5,"seed":1}""");
            await first.Api.CreateAsync(
                """
                {"name":"layers","base":"squeezenet1_1","head":[{"type":"conv2d","out_channels":7,"kernel_size":1}],
                  "seed":1}
                """
            );
            await first.Api.CreateAsync("""{"name":"derived","from":"replaced","num_classes":3}""");
            foreach (var name in names)
                before.Add((await first.Api.GetAsync($"/v1/models/{name}/architecture")).Text);
            await first.Api.RemoveAsync("replaced");
        }

        await using var second = Server();

        (await second.Api.GetAsync("/v1/models/replaced")).Problem(404, "model_not_found");
        foreach (var (name, text) in names.Zip(before).Skip(1))
            Assert.Equal(text, (await second.Api.GetAsync($"/v1/models/{name}/architecture")).Text);
        Assert.Equal(
            "replaced@1",
            (await second.Api.GetAsync("/v1/models/derived"))
                .Ok()
                .GetProperty("lineage")
                .GetProperty("from")
                .GetString()
        );
    }

    [Fact]
    public async Task Restart_WeightsFromAFile_AreBitExactWithTheirReport()
    {
        var network = Fixtures.Json("weights", "lesson", "architecture.json").GetRawText();
        string report;
        byte[] weights;
        await using (var first = Server())
        {
            await first.Api.CreateAsync(Networks.Model(Stored, network));
            weights = SafetensorsFile.WithoutMetadata(
                await first
                    .CreateClient()
                    .GetByteArrayAsync($"/v1/models/{Stored}/versions/1/weights", TestContext.Current.CancellationToken)
            );
            var put = await first.Api.SendAsync(
                HttpMethod.Put,
                $"/v1/models/{Stored}/versions/1/weights",
                new ByteArrayContent(weights)
            );
            report = put.Ok().GetProperty("weights_report").GetRawText();
        }

        await using var second = Server();

        Assert.Equal(
            report,
            (await second.Api.GetAsync($"/v1/models/{Stored}")).Ok().GetProperty("weights_report").GetRawText()
        );
        Assert.Equal(
            "loaded",
            (await second.Api.GetAsync($"/v1/models/{Stored}")).Ok().GetProperty("weights").GetString()
        );
        var kept = SafetensorsFile.Read(Path.Combine(Version(1), "weights.safetensors"));
        var sent = Path.Combine(data.Path, "sent.safetensors");
        await File.WriteAllBytesAsync(sent, weights, TestContext.Current.CancellationToken);
        Assert.All(
            kept.Names,
            name => Assert.True(kept.Bytes(name).SequenceEqual(SafetensorsFile.Read(sent).Bytes(name)))
        );
    }

    [Fact]
    public async Task Create_Model_WritesWhatTheManifestSaysAndLeavesNothingElse()
    {
        await using var server = Server();
        await server.Api.CreateAsync(Networks.Tiny(Stored));

        var manifest = JsonElement.Parse(
            await File.ReadAllBytesAsync(
                Path.Combine(Version(1), "manifest.json"),
                TestContext.Current.CancellationToken
            )
        );

        Assert.Equal(1, manifest.GetProperty("schema").GetInt32());
        foreach (var file in new[] { "definition.json", "weights.safetensors" })
        {
            var bytes = await File.ReadAllBytesAsync(
                Path.Combine(Version(1), file),
                TestContext.Current.CancellationToken
            );
            Assert.Equal(
                bytes.LongLength,
                manifest.GetProperty("files").GetProperty(file).GetProperty("bytes").GetInt64()
            );
            Assert.Equal(
                Convert.ToHexStringLower(SHA256.HashData(bytes)),
                manifest.GetProperty("files").GetProperty(file).GetProperty("sha256").GetString()
            );
        }

        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(data.Path, ".staging")));
        await server.Api.RemoveAsync(Stored);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(data.Path, "models")));
    }

    [Theory]
    [InlineData("manifest.json", "cut")]
    [InlineData("manifest.json", "gone")]
    [InlineData("manifest.json", "later")]
    [InlineData("definition.json", "flipped")]
    [InlineData("weights.safetensors", "gone")]
    [InlineData("weights.safetensors", "cut")]
    [InlineData("weights.safetensors", "flipped")]
    public async Task Restart_DamagedFile_IsReportedAndTheRestServes(string file, string damage)
    {
        await using (var first = Server())
        {
            await first.Api.CreateAsync(Networks.Tiny(Stored));
            await first.Api.CreateAsync(Networks.Tiny("other"));
        }

        Damage(Path.Combine(Version(1), file), damage);
        File.WriteAllText(Path.Combine(data.Path, "models", "README"), "A foreign file");
        Directory.CreateDirectory(Path.Combine(data.Path, "models", "Foreign Folder"));

        await using var second = Server();

        // The weights' hash is found wrong when they are loaded, which the first request waits for.
        var detail = (await second.Api.PredictAsync(Stored, Networks.InputJson()))
            .Problem(503, "model_not_ready")
            .GetProperty("detail")
            .GetString()!;
        var model = (await second.Api.GetAsync($"/v1/models/{Stored}")).Ok();
        Assert.Equal("failed", model.GetProperty("state").GetString());
        Assert.Contains(
            damage == "later" ? "schema 99" : file,
            model.GetProperty("reason").GetString()!,
            StringComparison.Ordinal
        );
        Assert.Contains(model.GetProperty("reason").GetString()!, detail, StringComparison.Ordinal);
        Assert.DoesNotContain(data.Path, detail, StringComparison.Ordinal);
        Assert.Equal(2, (await second.Api.GetAsync("/v1/models")).Ok().GetProperty("models").GetArrayLength());
        (await second.Api.PredictAsync("other", Networks.InputJson())).Ok();
        await second.Api.RemoveAsync(Stored);
        await second.Api.CreateAsync(Networks.Tiny(Stored));
        Assert.True(File.Exists(Path.Combine(data.Path, "models", "README")));
    }

    [Fact]
    public async Task Start_WhatAKilledServerLeft_IsPutRight()
    {
        float[] scores;
        await using (var first = Server())
        {
            await first.Api.CreateAsync(Networks.Tiny(Stored));
            scores = await ScoresAsync(first);
        }

        // As left by a server that was killed while it replaced version 1, while it wrote another version, and before
        // it had put a model's first version in its place.
        Directory.Move(Version(1), Version(1) + ".old");
        Directory.CreateDirectory(Path.Combine(data.Path, ".staging", "half"));
        File.WriteAllText(Path.Combine(data.Path, ".staging", "settings"), "{}");
        Directory.CreateDirectory(Path.Combine(data.Path, "models", "empty"));
        await using var second = Server();

        Assert.Equal(scores, await ScoresAsync(second));
        Assert.Single((await second.Api.GetAsync("/v1/models")).Ok().GetProperty("models").EnumerateArray());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(data.Path, ".staging")));
        await second.Api.CreateAsync(Networks.Tiny("empty"));
    }

    [Theory]
    [InlineData("all", "ready", "ready")]
    [InlineData("on_demand", "unloaded", "unloaded")]
    [InlineData("pinned", "ready", "unloaded")]
    public async Task Start_LoadPolicy_SaysWhatIsLoaded(string policy, string pinned, string other)
    {
        await using (var first = Server())
        {
            await first.Api.CreateAsync(Networks.Tiny("pinned"));
            await first.Api.CreateAsync(Networks.Tiny("other"));
            (
                await first.Api.SendAsync(
                    HttpMethod.Patch,
                    "/v1/models/pinned",
                    Bodies.Json("""{"default_version":1}""")
                )
            ).Ok();
        }

        await using var second = Server(("ModelService:Storage:Load", policy));
        await Eventually.GetAsync(() => second.Api.GetAsync("/health/ready"), ready => ready.Status != 503);

        Assert.Equal(pinned, (await second.Api.GetAsync("/v1/models/pinned")).Ok().GetProperty("state").GetString());
        Assert.Equal(other, (await second.Api.GetAsync("/v1/models/other")).Ok().GetProperty("state").GetString());
        (await second.Api.PredictAsync("other", Networks.InputJson())).Ok();
        Assert.Equal("ready", (await second.Api.GetAsync("/v1/models/other")).Ok().GetProperty("state").GetString());
    }

    private ApiServer Server(params (string Key, string Value)[] settings) =>
        new()
        {
            Settings = settings
                .Append(("ModelService:Storage:Path", data.Path))
                .ToDictionary(pair => pair.Item1, pair => pair.Item2),
        };

    private string Version(int version) => Path.Combine(data.Path, "models", Stored, $"{version}");

    private static async Task<float[]> ScoresAsync(ApiServer server) =>
        (await server.Api.PredictAsync(Stored, Networks.InputJson(), "?scores=logits"))
            .Prediction()
            .GetProperty("logits")
            .Floats();

    private static async Task<JsonNode> DescribeAsync(ApiServer server)
    {
        var json = JsonNode.Parse((await server.Api.GetAsync($"/v1/models/{Stored}")).Ok().GetRawText())!;
        json.AsObject().Remove("loaded_at");
        return json;
    }

    private static void Damage(string path, string how)
    {
        var bytes = File.ReadAllBytes(path);
        if (how == "gone")
        {
            File.Delete(path);
        }
        else if (how == "cut")
        {
            File.WriteAllBytes(path, bytes[..^10]);
        }
        else if (how == "later")
        {
            File.WriteAllText(
                path,
                File.ReadAllText(path).Replace("\"schema\": 1", "\"schema\": 99", StringComparison.Ordinal)
            );
        }
        else
        {
            bytes[^5] ^= 1;
            File.WriteAllBytes(path, bytes);
        }
    }
}
