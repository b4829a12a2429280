using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

/// <summary>
/// Models with unusual settings: what clients see of them, and that no change overwrites damaged files.
/// </summary>
public sealed class DamagedModelTests : IDisposable
{
    private const string Damaged = """{ "labels": { "1": null } }""";

    private readonly TemporaryFolder data = new();

    private string Settings => Path.Combine(data.Path, "models", "pets", "model.json");

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Restart_DamagedSettings_AreTheReasonAndNothingIsOverwritten()
    {
        await using (var first = Server())
        {
            await first.Api.CreateAsync(Networks.Tiny("pets"));
            await first.Api.CreateAsync(Networks.Tiny("dogs"));
        }

        await File.WriteAllTextAsync(Settings, Damaged, TestContext.Current.CancellationToken);
        await using var second = Server();

        var model = (await second.Api.GetAsync("/v1/models/pets")).Ok();
        var reason = model.GetProperty("reason").GetString()!;
        Assert.Equal("failed", model.GetProperty("state").GetString());
        Assert.StartsWith("model.json is damaged", reason, StringComparison.Ordinal);
        Assert.Equal(2, (await second.Api.GetAsync("/v1/models")).Ok().GetProperty("models").GetArrayLength());
        Answer[] refused =
        [
            await second.Api.PredictAsync("pets", Networks.InputJson()),
            await second.Api.SendAsync(
                HttpMethod.Patch,
                "/v1/models/pets",
                Bodies.Json("""{"default_version":"newest"}""")
            ),
            await second.Api.PostAsync("/v1/models/pets/versions", """{"base":"squeezenet1_1"}"""),
            await second.Api.DeleteAsync("/v1/models/pets/versions/1"),
            await second.Api.PostAsync("/v1/models/pets/versions/1/load", ""),
        ];
        Assert.All(
            refused,
            answer =>
                Assert.Contains(
                    reason,
                    answer.Problem(503, "model_not_ready").GetProperty("detail").GetString(),
                    StringComparison.Ordinal
                )
        );
        (await second.Api.PostAsync("/v1/models", Networks.Tiny("pets"))).Problem(409, "model_exists");
        (await second.Api.PredictAsync("dogs", Networks.InputJson())).Ok();
        Assert.Equal(Damaged, await File.ReadAllTextAsync(Settings, TestContext.Current.CancellationToken));
        Assert.True(File.Exists(Path.Combine(data.Path, "models", "pets", "1", "manifest.json")));

        await second.Api.RemoveAsync("pets");
        await second.Api.CreateAsync(Networks.Tiny("pets"));
    }

    [Fact]
    public async Task Restart_HighestVersionNumber_IsServedAndAllowsNoOther()
    {
        await using (var first = Server())
            await first.Api.CreateAsync(Networks.Tiny("pets"));
        await File.WriteAllTextAsync(
            Settings,
            JsonSerializer.Serialize(new { last_version = int.MaxValue }),
            TestContext.Current.CancellationToken
        );

        await using var second = Server();

        (await second.Api.PredictAsync("pets", Networks.InputJson())).Ok();
        (await second.Api.PostAsync("/v1/models/pets/versions", """{"labels":["a","b","c","d"]}""")).Problem(
            409,
            "version_conflict"
        );
    }

    private ApiServer Server() =>
        new() { Settings = new Dictionary<string, string> { ["ModelService:Storage:Path"] = data.Path } };
}
