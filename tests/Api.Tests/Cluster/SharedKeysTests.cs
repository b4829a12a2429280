using System.Text.Json;
using ModelService.Api.Tests.Embedding;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Cluster;

/// <summary>Servers that share a database share API keys: made and revoked through any of them.</summary>
[Trait("Category", "Attack")]
[Collection(nameof(Alone))]
public sealed class SharedKeysTests(PostgresServer postgres)
{
    private const string Required = "--ModelService:Auth:Required=true";

    [Fact]
    public async Task Key_MadeAndRevokedThroughOneServer_IsSoForAllWhenItIsAnswered()
    {
        using var replicas = new Replicas(postgres.CreateDatabase(), Required);
        var root = await NewKeyAsync(replicas, "root", "admin");
        await replicas.StartAsync(2);
        var (first, second) = (replicas[0].With(root), replicas[1].With(root));
        Assert.DoesNotContain(replicas[0].Errors, line => line.Contains("generated", StringComparison.Ordinal));

        var made = await first.PostAsync("/v1/keys", """{"name":"camera","scopes":["predict"]}""");
        var key = made.Ok(201).GetProperty("key").GetString()!;
        Assert.Equal("/v1/keys/camera", made.Location?.OriginalString);
        Assert.Equal("no-store", made.Header("Cache-Control"));
        foreach (var server in replicas.Servers)
        {
            Assert.Equal("camera", (await server.With(key).GetAsync("/v1/key")).Ok().GetProperty("name").GetString());
            (await server.With(key).GetAsync("/v1/keys")).Problem(403, "forbidden");
        }

        (await second.PostAsync("/v1/keys", """{"name":"camera","scopes":["predict"]}""")).Problem(409, "key_exists");
        var revoked = (await second.DeleteAsync("/v1/keys/camera")).Ok();
        Assert.Equal(("revoked", "root"), (Text(revoked, "state"), Text(revoked, "revoked_by")));
        foreach (var server in replicas.Servers)
            (await server.With(key).GetAsync("/v1/key")).Problem(401, "unauthenticated");
        (await first.DeleteAsync("/v1/keys/camera")).Ok();
        (await first.DeleteAsync("/v1/keys/camra")).Problem(404, "key_not_found");
        (await first.PostAsync("/v1/keys", """{"name":"camera","scopes":["predict"]}""")).Problem(409, "key_exists");

        // Nobody gets a key back: the answers and the log have none.
        var listed = await first.GetAsync("/v1/keys");
        Assert.Equal(
            ["root stored valid", "camera stored revoked"],
            listed
                .Ok()
                .GetProperty("keys")
                .EnumerateArray()
                .Select(item => $"{Text(item, "name")} {Text(item, "source")} {Text(item, "state")}")
        );
        Assert.DoesNotContain(key, listed.Text, StringComparison.Ordinal);
        foreach (var server in replicas.Servers)
            Assert.DoesNotContain(server.Output, line => line.Contains(key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Key_WithAnEnd_EndsByItself()
    {
        using var replicas = new Replicas(postgres.CreateDatabase(), Required);
        var root = await NewKeyAsync(replicas, "root", "admin");
        await replicas.StartAsync(1);
        var admin = replicas[0].With(root);
        var soon = TimeProvider.System.GetUtcNow().AddSeconds(3).ToString("O");

        var made = await admin.PostAsync(
            "/v1/keys",
            $$"""{"name":"guest","scopes":["predict"],"expires_at":"{{soon}}"}"""
        );

        var guest = replicas[0].With(made.Ok(201).GetProperty("key").GetString()!);
        (await guest.GetAsync("/v1/key")).Ok();
        await Eventually.GetAsync(() => guest.GetAsync("/v1/key"), answer => answer.Status == 401);
        var listed = (await admin.GetAsync("/v1/keys")).Ok().GetProperty("keys")[1];
        Assert.Equal("expired", Text(listed, "state"));
    }

    [Fact]
    public async Task Database_Away_KnownKeysStayValid()
    {
        using var own = new PostgresServer();
        using var replicas = new Replicas(
            own.CreateDatabase(),
            Required,
            "--ModelService:Auth:Keys:0:Name=configured",
            $"--ModelService:Auth:Keys:0:Sha256={Keys.Sha256("configured")}",
            "--ModelService:Auth:Keys:0:Scopes:0=predict"
        );
        var root = await NewKeyAsync(replicas, "root", "admin");
        await replicas.StartAsync(1);
        var admin = replicas[0].With(root);

        own.Stop();

        (await admin.GetAsync("/v1/key")).Ok();
        (await replicas[0].With("configured").GetAsync("/v1/key")).Ok();
        (await admin.PostAsync("/v1/keys", """{"name":"camera","scopes":["predict"]}""")).Problem(
            503,
            "storage_unavailable"
        );
        (await admin.DeleteAsync("/v1/keys/root")).Problem(503, "storage_unavailable");
        (await admin.PostAsync("/v1/keys", """{"name":"configured","scopes":["predict"]}""")).Problem(
            409,
            "key_exists"
        );
        (await admin.GetAsync("/v1/keys")).Ok();
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    // By the command for the first key.
    private static async Task<string> NewKeyAsync(Replicas replicas, string name, string scopes)
    {
        var output = await Command.SucceedAsync(
            AppContext.BaseDirectory,
            [
                Path.Combine(AppContext.BaseDirectory, "ModelService.Api.dll"),
                "storage",
                "new-key",
                name,
                scopes,
                .. replicas.Settings,
            ]
        );
        return output.Split('\n').Single(line => line.StartsWith("ms_", StringComparison.Ordinal)).Trim();
    }
}
