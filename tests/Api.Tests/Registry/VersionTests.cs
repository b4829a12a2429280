using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

public sealed class VersionTests(ApiServer server)
{
    private static readonly string TwoClasses = Networks.TinyArchitecture.Replace(
        "\"out_features\":4",
        "\"out_features\":2",
        StringComparison.Ordinal
    );

    [Fact]
    public async Task Create_JustASeedOrAHead_TakesTheRestFromTheDefaultVersion()
    {
        var model = await ModelAsync("versions-rest", "\"seed\":1,\"labels\":[\"a\",\"b\",\"c\",\"d\"]");

        var answer = await server.Api.PostAsync($"/v1/models/{model}/versions", "{}");
        var head = (
            await server.Api.PostAsync($"/v1/models/{model}/versions", """{"num_classes":2,"labels":["x","y"]}""")
        ).Ok(201);

        var second = answer.Ok(201);
        Assert.EndsWith($"/v1/models/{model}/versions/2", answer.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal((2, "ready"), (second.GetProperty("version").GetInt32(), second.GetProperty("state").GetString()));
        Assert.Equal(["a", "b", "c", "d"], second.GetProperty("labels").Texts());
        Assert.Equal($"{model}@1", second.GetProperty("lineage").GetProperty("from").GetString());
        Assert.Equal((3, 2), (head.GetProperty("version").GetInt32(), head.GetProperty("num_classes").GetInt32()));
        Assert.Equal(await LogitsAsync($"{model}/versions/1"), await LogitsAsync($"{model}/versions/2"));
        Assert.Equal(2, (await LogitsAsync(model)).Length);
        Assert.Equal([1, 2, 3], await VersionsAsync(model));
    }

    [Fact]
    public async Task Create_JustWeights_PutsThemIntoTheSameNetwork()
    {
        var model = await ModelAsync("versions-weights");
        var other = await ModelAsync("versions-weights-from", "\"seed\":7");
        var bytes = SafetensorsFile.WithoutMetadata(
            await server
                .CreateClient()
                .GetByteArrayAsync($"/v1/models/{other}/versions/1/weights", TestContext.Current.CancellationToken)
        );

        var second = (
            await server.Api.PostAsync(
                $"/v1/models/{model}/versions",
                new MultipartFormDataContent { { new ByteArrayContent(bytes), "weights", "w" } }
            )
        ).Ok(201);

        Assert.Equal("loaded", second.GetProperty("weights").GetString());
        Assert.Equal(await LogitsAsync(other), await LogitsAsync(model));
        (
            await server.Api.SendAsync(
                HttpMethod.Put,
                $"/v1/models/{model}/versions/2/weights",
                new ByteArrayContent(bytes)
            )
        ).Problem(409, "version_conflict");
    }

    [Fact]
    public async Task Create_Failing_LeavesNothingAndTheOldOneServes()
    {
        var model = await ModelAsync("versions-failing");
        var before = await LogitsAsync(model);

        (
            await server.Api.PostAsync(
                $"/v1/models/{model}/versions",
                new MultipartFormDataContent { { new ByteArrayContent([1, 2, 3]), "weights", "w" } }
            )
        ).Problem(422, "weights_unreadable");

        (await server.Api.GetAsync($"/v1/models/{model}/versions/2")).Problem(404, "version_not_found");
        Assert.Equal(before, await LogitsAsync(model));
        Assert.Equal(1, (await server.Api.GetAsync($"/v1/models/{model}")).Ok().GetProperty("version").GetInt32());
        Assert.Equal(
            3,
            (await server.Api.PostAsync($"/v1/models/{model}/versions", "{}")).Ok(201).GetProperty("version").GetInt32()
        );
    }

    [Theory]
    [InlineData("""{"name":"other"}""", "/name")]
    [InlineData("""{"num_classes":0}""", "/num_classes")]
    [InlineData("""{"nonsense":1}""", "/nonsense")]
    [InlineData("""{"seed":1,"seed":2}""", "/seed")]
    public async Task Create_WrongDefinition_SaysWhereAndMakesNoVersion(string json, string pointer)
    {
        var model = await ModelAsync("versions-wrong");

        var problem = (await server.Api.PostAsync($"/v1/models/{model}/versions", json)).Problem(
            422,
            "definition_invalid"
        );

        Assert.Contains(
            pointer,
            problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString())
        );
        Assert.Equal([1], await VersionsAsync(model));
    }

    [Fact]
    public async Task Update_DefaultVersion_IsPinnedUntilNewestIsAskedFor()
    {
        var model = await ModelAsync("versions-pin");
        await server.Api.PostAsync($"/v1/models/{model}/versions", $$"""{"architecture":{{TwoClasses}}}""");

        var pinned = await PatchAsync(model, """{"default_version":1,"labels":["a","b","c","d"]}""");
        var whilePinned = (await LogitsAsync(model)).Length;
        (await server.Api.DeleteAsync($"/v1/models/{model}/versions/1")).Problem(409, "version_conflict");
        var newest = await PatchAsync(model, """{"default_version":"newest"}""");

        Assert.Equal((1, true), (pinned.GetProperty("version").GetInt32(), pinned.GetProperty("pinned").GetBoolean()));
        Assert.Equal(["a", "b", "c", "d"], pinned.GetProperty("labels").Texts());
        Assert.Equal((4, 2), (whilePinned, (await LogitsAsync(model)).Length));
        Assert.Equal((2, false), (newest.GetProperty("version").GetInt32(), newest.GetProperty("pinned").GetBoolean()));
        (
            await server.Api.SendAsync(
                HttpMethod.Patch,
                $"/v1/models/{model}",
                Bodies.Json("""{"default_version":9}""")
            )
        ).Problem(404, "version_not_found");
        (
            await server.Api.SendAsync(HttpMethod.Patch, $"/v1/models/{model}", Bodies.Json("""{"labels":["a"]}"""))
        ).Problem(422, "definition_invalid", "/labels");
        (
            await server.Api.SendAsync(
                HttpMethod.Patch,
                $"/v1/models/{model}",
                Bodies.Json("""{"labels":["a","b","","d"]}""")
            )
        ).Problem(422, "definition_invalid", "/labels/2");
        (
            await server.Api.SendAsync(HttpMethod.Patch, $"/v1/models/{model}", Bodies.Json("""{"device":"cpu"}"""))
        ).Problem(422, "definition_invalid", "/device");
    }

    [Theory]
    [InlineData("\"newest\"")]
    [InlineData("null")]
    public async Task Update_Unpinned_LetsTheNewestServe(string newest)
    {
        var model = await ModelAsync($"versions-unpin-{newest.Trim('"')}");
        await PatchAsync(model, """{"default_version":1}""");

        var second = (await server.Api.PostAsync($"/v1/models/{model}/versions", "{}")).Ok(201);
        var whilePinned = (await server.Api.PredictAsync(model, Networks.InputJson())).Ok();
        var unpinned = await PatchAsync(model, $$"""{"default_version":{{newest}}}""");
        var afterwards = (await server.Api.PredictAsync(model, Networks.InputJson())).Ok();

        Assert.Equal((2, false), (second.GetProperty("version").GetInt32(), second.GetProperty("pinned").GetBoolean()));
        Assert.Equal((1, true), Serving(second));
        Assert.Equal(1, whilePinned.GetProperty("version").GetInt32());
        Assert.Equal((2, false), Serving(unpinned));
        Assert.Equal(2, afterwards.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task List_Versions_AreThoseOfTheModelOldestFirst()
    {
        var model = await ModelAsync("versions-list");
        await server.Api.PostAsync($"/v1/models/{model}/versions", "{}");
        await server.Api.PostAsync($"/v1/models/{model}/versions/1/unload", "");

        var list = (await server.Api.GetAsync($"/v1/models/{model}/versions")).Ok();

        Assert.Equal(model, list.GetProperty("model").GetString());
        Assert.Equal((2, false), Serving(list));
        Assert.Equal(
            [(1, "unloaded"), (2, "ready")],
            list.GetProperty("versions")
                .EnumerateArray()
                .Select(item => (item.GetProperty("version").GetInt32(), item.GetProperty("state").GetString()!))
        );
        Assert.Equal(
            (await server.Api.GetAsync($"/v1/models/{model}")).Ok().GetProperty("versions").GetRawText(),
            list.GetProperty("versions").GetRawText()
        );
        (await server.Api.GetAsync("/v1/models/versions-none/versions")).Problem(404, "model_not_found");
    }

    [Fact]
    public async Task Delete_Version_GoesToTheOtherAndItsNumberIsNotGivenAgain()
    {
        var model = await ModelAsync("versions-delete");
        (await server.Api.DeleteAsync($"/v1/models/{model}/versions/1")).Problem(409, "version_conflict");
        await server.Api.PostAsync($"/v1/models/{model}/versions", "{}");

        var deleted = (await server.Api.DeleteAsync($"/v1/models/{model}/versions/2")).Ok();

        Assert.True(deleted.GetProperty("bytes_returned").GetInt64() > 0);
        Assert.Equal(
            1,
            (await server.Api.PredictAsync(model, Networks.InputJson())).Ok().GetProperty("version").GetInt32()
        );
        (await server.Api.PredictAsync($"{model}/versions/2", Networks.InputJson())).Problem(404, "version_not_found");
        (await server.Api.DeleteAsync($"/v1/models/{model}/versions/2")).Problem(404, "version_not_found");
        Assert.Equal(
            3,
            (await server.Api.PostAsync($"/v1/models/{model}/versions", "{}")).Ok(201).GetProperty("version").GetInt32()
        );
    }

    [Fact]
    public async Task Unload_Version_IsNotReadyUntilItIsLoaded()
    {
        var model = await ModelAsync("versions-unload");
        var before = await LogitsAsync(model);

        var unloaded = (await server.Api.PostAsync($"/v1/models/{model}/versions/1/unload", "")).Ok();
        var refused = await server.Api.PredictAsync(model, Networks.InputJson());
        var loaded = (await server.Api.PostAsync($"/v1/models/{model}/versions/1/load", "")).Ok();

        Assert.Equal("unloaded", unloaded.GetProperty("state").GetString());
        Assert.True(unloaded.GetProperty("resident_bytes_before").GetInt64() > 0);
        refused.Problem(503, "model_not_ready");
        Assert.Equal("ready", loaded.GetProperty("state").GetString());
        Assert.Equal(before, await LogitsAsync(model));
    }

    private async Task<string> ModelAsync(string name, string more = "\"seed\":1") =>
        await server.Api.EnsureAsync(Networks.Tiny(name, more));

    private async Task<float[]> LogitsAsync(string path) =>
        (await server.Api.PredictAsync(path, Networks.InputJson(), "?scores=logits"))
            .Prediction()
            .GetProperty("logits")
            .Floats();

    private static (int Version, bool Pinned) Serving(JsonElement json) =>
        (
            json.GetProperty("serving").GetProperty("version").GetInt32(),
            json.GetProperty("serving").GetProperty("pinned").GetBoolean()
        );

    private async Task<JsonElement> PatchAsync(string model, string json) =>
        (await server.Api.SendAsync(HttpMethod.Patch, $"/v1/models/{model}", Bodies.Json(json))).Ok();

    private async Task<IReadOnlyList<int>> VersionsAsync(string model) =>
        [
            .. (await server.Api.GetAsync($"/v1/models/{model}"))
                .Ok()
                .GetProperty("versions")
                .EnumerateArray()
                .Select(item => item.GetProperty("version").GetInt32()),
        ];
}
