using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Cluster;

/// <summary>Who changed what is in the database that servers share.</summary>
[Trait("Category", "Attack")]
public sealed class AuditTests(PostgresServer postgres)
{
    private static readonly string[] Settings =
    [
        .. Keys.Settings.Select(setting => $"--{setting.Key}={setting.Value}"),
    ];

    [Fact]
    public async Task Changes_ThroughAnyServer_AreReadThroughAnyOther()
    {
        using var replicas = new Replicas(postgres.CreateDatabase(), Settings);
        await replicas.StartAsync(2);
        var (manager, other) = (replicas[0].With("manage"), replicas[1].With("manage"));
        var admin = replicas[1].With("admin");

        (await manager.PostAsync("/v1/models", Networks.Tiny("pets"))).Ok(201);
        (await manager.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Ok(201);
        (await replicas[1].With("predict").PredictAsync("pets", Networks.InputJson())).Ok();
        (await other.PostAsync("/v1/models/pets/weights/check", "{}")).Problem(422, "weights_unreadable");
        Assert.Equal(200, (await other.PostAsync("/v2/repository/models/pets/unload", "")).Status);
        (await other.SendAsync(HttpMethod.Patch, "/v1/models/pets", Bodies.Json("{}"))).Problem(
            422,
            "definition_invalid"
        );
        (await replicas[0].With("predict").DeleteAsync("/v1/models/pets")).Problem(403, "forbidden");
        (await replicas[0].With("wrong").DeleteAsync("/v1/models/pets")).Problem(401, "unauthenticated");
        (await manager.DeleteAsync("/v1/models/pets")).Ok();
        (await admin.PostAsync("/v1/keys", """{"name":"camera","scopes":["predict"]}""")).Ok(201);

        string[] expected =
        [
            "manage key POST /v1/models/pets pets 201",
            "manage key POST /v1/models/pets/versions/2 pets 201",
            "manage key POST /v2/repository/models/pets/unload pets 200",
            "manage key PATCH /v1/models/pets pets 422",
            "predict key DELETE /v1/models/pets pets 403",
            "manage key DELETE /v1/models/pets pets 200",
            "admin key POST /v1/keys/camera  201",
        ];
        var entries = await ReadAsync(admin, "", expected.Length);
        Assert.Equal(expected, entries.Select(Show));
        Assert.All(entries, entry => Assert.Equal("127.0.0.1", entry.GetProperty("address").GetString()));

        // A part of it, and page by page.
        Assert.Equal(expected[..^1], (await ReadAsync(admin, "?model=pets", expected.Length - 1)).Select(Show));
        var middle = Uri.EscapeDataString(entries[3].GetProperty("at").GetString()!);
        Assert.Equal(expected[3..], (await ReadAsync(admin, $"?since={middle}", 4)).Select(Show));
        Assert.Equal(expected[1..3], (await ReadAsync(admin, $"?until={middle}&limit=2", 2)).Select(Show));
        (await admin.GetAsync("/v1/audit?limit=0")).Problem(400, "malformed_request");
    }

    [Fact]
    public async Task Stop_RightAfterAChange_LosesNoEntry()
    {
        using var replicas = new Replicas(postgres.CreateDatabase(), Settings);
        await replicas.StartAsync(2);
        (await replicas[0].With("manage").PostAsync("/v1/models", Networks.Tiny("pets"))).Ok(201);
        var deletions = Enumerable
            .Range(0, 50)
            .Select(index => replicas[0].With("manage").DeleteAsync($"/v1/models/none-{index}"));
        await Task.WhenAll(deletions);

        await replicas[0].StopAsync();

        var entries = (await replicas[1].With("admin").GetAsync("/v1/audit")).Ok().GetProperty("entries");
        Assert.Equal(51, entries.GetArrayLength());
    }

    [Fact]
    public async Task Database_Away_RefusedChangesAreReadWhenItIsBack()
    {
        using var own = new PostgresServer();
        using var replicas = new Replicas(own.CreateDatabase(), Settings);
        await replicas.StartAsync(1);
        var (manager, admin) = (replicas[0].With("manage"), replicas[0].With("admin"));

        own.Stop();
        (await manager.DeleteAsync("/v1/models/pets")).Problem(503, "storage_unavailable");
        (await admin.GetAsync("/v1/audit")).Problem(503, "storage_unavailable");
        own.Start();

        var entry = Assert.Single(await ReadAsync(admin, "", 1));
        Assert.Equal("manage key DELETE /v1/models/pets pets 503", Show(entry));
    }

    // Waits until there are so many entries; the oldest first.
    private static async Task<List<JsonElement>> ReadAsync(ApiClient admin, string query, int count)
    {
        var answer = await Eventually.GetAsync(
            () => admin.GetAsync($"/v1/audit{query}"),
            answer => answer.Status == 200 && answer.Ok().GetProperty("entries").GetArrayLength() >= count
        );
        return [.. answer.Ok().GetProperty("entries").EnumerateArray().Reverse()];
    }

    private static string Show(JsonElement entry) =>
        string.Join(
            ' ',
            new[] { "key", "method", "path", "model", "status" }.Select(name =>
                entry.TryGetProperty(name, out var value) ? value.ToString() : ""
            )
        );
}
