using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>Weights files that must be refused, uploaded as any client could.</summary>
public sealed class HostileWeightsTests(ApiServer server)
{
    private static readonly JsonElement Manifest = Fixtures.Json("weights", "hostile", "manifest.json");

    public static IEnumerable<TheoryDataRow<string>> Files =>
        Manifest
            .GetProperty("files")
            .EnumerateArray()
            .Select(item => new TheoryDataRow<string>(item.GetProperty("file").GetString()!));

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Create_HostileWeights_GivesTheManifestsOutcome(string file)
    {
        var item = Manifest
            .GetProperty("files")
            .EnumerateArray()
            .Single(item => item.GetProperty("file").GetString() == file);
        string[] outcomes =
        [
            item.GetProperty("expect").GetString()!,
            .. item.TryGetProperty("or", out var or) ? or.Texts() : [],
        ];
        using var form = Bodies.Model(
            Networks.Model("hostile", Fixtures.Json("weights", "hostile", "architecture.json").GetRawText()),
            Fixtures.Path("weights", "hostile", Path.GetFileName(file))
        );

        var answer = await server.Api.PostAsync("/v1/models", form);

        if (answer.Status == 201)
        {
            Assert.Contains("ok", outcomes);
            await server.Api.RemoveAsync("hostile");
            return;
        }

        var code = JsonElement.Parse(answer.Text).GetProperty("code").GetString()!;
        Assert.Contains(code, outcomes);
        answer.Problem(code == "malformed_request" ? 400 : 422, code);
    }
}
