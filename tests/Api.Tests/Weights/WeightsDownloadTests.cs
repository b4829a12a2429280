using System.Buffers.Binary;
using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Weights;

/// <summary>Weights out of the server: by safetensors' rules, and the same to the bit when they come back.</summary>
public sealed class WeightsDownloadTests(WeightsServer server) : IClassFixture<WeightsServer>
{
    [Theory]
    [InlineData("lesson")]
    [InlineData("varied_convs")]
    [InlineData("residual")]
    [InlineData("norms_pools")]
    public async Task Download_LoadedModel_IsWhatWasUploaded(string net)
    {
        var (name, uploaded) = (net.Replace('_', '-'), WeightsServer.File(net, net + ".safetensors"));
        (await server.CreateAsync(WeightsServer.Definition(name, WeightsServer.Architecture(net)), uploaded)).Ok(201);

        var first = await server.DownloadAsync(name);

        var (sent, got) = (SafetensorsFile.Read(uploaded), SafetensorsFile.Read(first));
        Assert.Equal(sent.Names.Order(), got.Names.Order());
        Assert.All(
            sent.Names,
            tensor =>
            {
                Assert.Equal(
                    (sent.Dtype(tensor), string.Join(',', sent.Shape(tensor))),
                    (got.Dtype(tensor), string.Join(',', got.Shape(tensor)))
                );
                Assert.Equal(sent.Bytes(tensor), got.Bytes(tensor));
            }
        );

        // Back in under the same name, it comes out as the same file.
        await server.RemoveAsync(name);
        (await server.CreateAsync(WeightsServer.Definition(name, WeightsServer.Architecture(net)), first)).Ok(201);
        var second = await server.DownloadAsync(name);
        Assert.Equal(
            await File.ReadAllBytesAsync(first, TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(second, TestContext.Current.CancellationToken)
        );
        File.Delete(first);
        File.Delete(second);
    }

    [Fact]
    public async Task Download_ReadSlowly_HoldsUpNoChangeAndArrivesWhole()
    {
        await using var other = new ApiServer().OnSocket();
        await other.Api.CreateAsync(
            Networks.Model("slow", """{"input":{"shape":[3072]},"layers":[{"type":"linear","out_features":2048}]}""")
        );
        using var client = new HttpClient { BaseAddress = other.Api.BaseAddress };
        const string Path = "/v1/models/slow/versions/1/weights";
        var whole = await client.GetByteArrayAsync(Path, TestContext.Current.CancellationToken);
        using var answer = await client.GetAsync(
            Path,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var received = new byte[whole.Length];
        await body.ReadExactlyAsync(received.AsMemory(0, 1000), TestContext.Current.CancellationToken);

        var unloaded = (await other.Api.PostAsync("/v1/models/slow/versions/1/unload", "")).Ok();
        var deleted = (await other.Api.DeleteAsync("/v1/models/slow")).Ok();

        Assert.Equal("unloaded", unloaded.GetProperty("state").GetString());
        Assert.False(unloaded.TryGetProperty("held_by", out _));
        Assert.False(deleted.TryGetProperty("held_by", out _));
        await body.ReadExactlyAsync(received.AsMemory(1000), TestContext.Current.CancellationToken);
        Assert.Equal(whole, received);
    }

    [Fact]
    public async Task Download_Header_KeepsTheFormatsRules()
    {
        (
            await server.CreateAsync(
                WeightsServer.Definition("rules", WeightsServer.Architecture("varied_convs")),
                WeightsServer.File("varied_convs", "varied_convs.pth")
            )
        ).Ok(201);
        var path = await server.DownloadAsync("rules");
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        File.Delete(path);

        var size = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var entries = JsonElement
            .Parse(bytes.AsSpan(8, size))
            .EnumerateObject()
            .Where(entry => entry.Name != "__metadata__")
            .ToList();

        Assert.Equal((byte)'{', bytes[8]);
        Assert.Equal(0, size % 8);
        var expected = 0L;
        Assert.All(
            entries,
            entry =>
            {
                var (begin, end) = (
                    entry.Value.GetProperty("data_offsets")[0].GetInt64(),
                    entry.Value.GetProperty("data_offsets")[1].GetInt64()
                );
                Assert.Equal(expected, begin);
                Assert.Equal(0, begin % (entry.Value.GetProperty("dtype").GetString() == "I64" ? 8 : 4));
                expected = end;
            }
        );
        Assert.Equal(bytes.Length, 8 + size + expected);
    }

    [Fact]
    public async Task Download_Metadata_NamesLabelsAndArchitecture()
    {
        const string Network = """{"input":{"shape":[2]},"layers":[{"type":"linear","out_features":2}]}""";
        const string SameNetwork =
            """{"layers":[{"out_features":2,"bias":true,"type":"linear"}],"input":{"shape":[2]}}""";
        const string OtherNetwork =
            """{"input":{"shape":[2]},"layers":[{"type":"linear","out_features":2},{"type":"relu"}]}""";
        foreach (var (name, network) in new[] { ("meta1", Network), ("meta2", SameNetwork), ("meta3", OtherNetwork) })
        {
            var definition = WeightsServer.Definition(name, network, ",\"labels\":[\"Dachs\",\"Füchsin\"]");
            (await server.CreateAsync(definition)).Ok(201);
        }

        var (first, second, third) = (
            await MetadataAsync("meta1"),
            await MetadataAsync("meta2"),
            await MetadataAsync("meta3")
        );

        Assert.Equal(
            ("pt", "random"),
            (first.GetProperty("format").GetString(), first.GetProperty("weights").GetString())
        );
        Assert.Equal(
            ["Dachs", "Füchsin"],
            JsonElement
                .Parse(first.GetProperty("labels").GetString()!)
                .EnumerateArray()
                .Select(label => label.GetString()!)
        );
        var hash = first.GetProperty("architecture_sha256").GetString();
        Assert.Equal(64, hash!.Length);
        Assert.Equal(hash, second.GetProperty("architecture_sha256").GetString());
        Assert.NotEqual(hash, third.GetProperty("architecture_sha256").GetString());
    }

    [Fact]
    public async Task Download_RandomAndPartialModel_ComeBackAsThat()
    {
        (await server.CreateAsync(WeightsServer.Definition("random1", WeightsServer.LessonArchitecture))).Ok(201);
        (
            await server.CreateAsync(
                WeightsServer.Definition("partial1", WeightsServer.LessonArchitecture),
                WeightsServer.File("lesson", "lesson_head7.pth"),
                "?allow_partial=true"
            )
        ).Ok(201);
        var (random, partial) = (await server.DownloadAsync("random1"), await server.DownloadAsync("partial1"));

        var random2 = (
            await server.CreateAsync(WeightsServer.Definition("random2", WeightsServer.LessonArchitecture), random)
        ).Ok(201);
        var partial2 = (
            await server.CreateAsync(WeightsServer.Definition("partial2", WeightsServer.LessonArchitecture), partial)
        ).Ok(201);

        Assert.Equal(
            ("random", "random"),
            (random2.GetProperty("weights").GetString(), random2.GetProperty("head").GetString())
        );
        Assert.Equal(
            ("partial", "random"),
            (partial2.GetProperty("weights").GetString(), partial2.GetProperty("head").GetString())
        );
        Assert.Equal(["9.weight", "9.bias"], partial2.Strings("random_tensors"));
        var report = partial2.GetProperty("weights_report");
        Assert.True(report.GetProperty("matches").GetBoolean());
        Assert.Equal(["9.weight", "9.bias"], report.Strings("random_at_source"));
        Assert.Equal(await server.LogitsAsync("partial1"), await server.LogitsAsync("partial2"));
        File.Delete(random);
        File.Delete(partial);
    }

    [Fact]
    public async Task Download_TensorsThatOnlyTrainingUses_AreThoseOfTheFile()
    {
        const string Body = """{"type":"flatten"},{"type":"linear","name":"head","out_features":3}""";
        const string Branch = """ "name":"aux","layers":[{"type":"linear","name":"fc","out_features":4}] """;
        string Network(string type) =>
            $$"""{"input":{"shape":[4]},"layers":[{"type":"{{type}}",{{Branch}}},{{Body}}]}""";
        (await server.CreateAsync(WeightsServer.Definition("computed", Network("sequential")))).Ok(201);
        var file = await server.DownloadAsync("computed");
        await File.WriteAllBytesAsync(
            file,
            SafetensorsFile.WithoutMetadata(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)),
            TestContext.Current.CancellationToken
        );
        var network = Network("training_only");

        var first = (await server.CreateAsync(WeightsServer.Definition("aux1", network), file)).Ok(201);
        (await server.CreateAsync("""{"name":"aux2","from":"aux1","num_classes":3}""")).Ok(201);
        (await server.CreateAsync(WeightsServer.Definition("aux3", network))).Ok(201);
        (await server.PutAsync("aux3", file)).Ok();
        (await server.CreateAsync(WeightsServer.Definition("aux4", network))).Ok(201);

        var kept = first.GetProperty("weights_report").GetProperty("kept").EnumerateArray().ToList();
        Assert.Equal(["aux.fc.weight", "aux.fc.bias"], kept.Select(tensor => tensor.GetProperty("name").GetString()));
        Assert.Equal(["head.weight", "head.bias"], first.GetProperty("weights_report").Strings("loaded"));
        var sent = SafetensorsFile.Read(file);
        foreach (var name in new[] { "aux1", "aux2", "aux3" })
        {
            // What is loaded again is compared with the stored file.
            (await server.SendAsync(HttpMethod.Post, $"/v1/models/{name}/versions/1/unload", null)).Ok();
            (await server.SendAsync(HttpMethod.Post, $"/v1/models/{name}/versions/1/load", null)).Ok();
            var path = await server.DownloadAsync(name);
            var got = SafetensorsFile.Read(path);
            Assert.Equal(sent.Names.Order(), got.Names.Order());
            Assert.All(sent.Names, tensor => Assert.Equal(sent.Bytes(tensor), got.Bytes(tensor)));
            var source = (await server.GetAsync($"/v1/models/{name}/architecture?format=pytorch")).Text;
            Assert.Contains("self.add_module(\"aux\", Block_aux())", source, StringComparison.Ordinal);
            File.Delete(path);
        }

        var random = await server.DownloadAsync("aux4");
        Assert.Equal(["head.bias", "head.weight"], SafetensorsFile.Read(random).Names.Order());
        Assert.DoesNotContain(
            "Block_aux",
            (await server.GetAsync("/v1/models/aux4/architecture?format=pytorch")).Text,
            StringComparison.Ordinal
        );
        File.Delete(random);
        File.Delete(file);
    }

    [Theory]
    [InlineData("/v1/models/nobody/versions/1/weights", "model_not_found")]
    [InlineData("/v1/models/there/versions/2/weights", "version_not_found")]
    public async Task Download_NothingThere_IsNotFound(string path, string code)
    {
        await server.CreateAsync(WeightsServer.Definition("there", WeightsServer.LessonArchitecture));

        (await server.GetAsync(path)).Problem(404, code);
    }

    private async Task<JsonElement> MetadataAsync(string name)
    {
        var path = await server.DownloadAsync(name);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        File.Delete(path);
        return JsonElement
            .Parse(bytes.AsSpan(8, (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes)))
            .GetProperty("__metadata__");
    }
}
