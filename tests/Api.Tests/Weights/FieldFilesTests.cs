using System.Text.Json;

namespace ModelService.Api.Tests.Weights;

/// <summary>The kinds of files that people bring, through HTTP.</summary>
public sealed class FieldFilesTests(WeightsServer server) : IClassFixture<WeightsServer>
{
    private static readonly JsonElement[] Entries =
    [
        .. Fixtures.Json("field", "manifest.json").GetProperty("weights").EnumerateArray(),
    ];

    private static readonly string Architecture = Fixtures.Json("field", "architecture.json").GetRawText();

    public static IEnumerable<TheoryDataRow<string>> Files =>
        Entries.Select(entry => new TheoryDataRow<string>(entry.GetProperty("file").GetString()!));

    [Theory]
    [MemberData(nameof(Files))]
    public async Task CreateAndCheck_FileOfManifest_HaveItsOutcome(string file)
    {
        var entry = Entries.Single(item => item.GetProperty("file").GetString() == file);
        await server.CreateAsync(WeightsServer.Definition("field-check", Architecture));

        var created = await server.CreateAsync(WeightsServer.Definition("field", Architecture), Path(file));
        var check = await server.CheckAsync("field-check", Path(file));

        if (entry.GetProperty("expect").GetString() == "ok")
        {
            var model = created.Ok(201);
            Assert.Equal("loaded", model.GetProperty("weights").GetString());
            var report = model.GetProperty("weights_report");
            Assert.Equal(entry.GetProperty("loaded").GetInt32(), report.GetProperty("loaded").GetArrayLength());
            if (entry.TryGetProperty("reports", out _))
                Assert.Equal(entry.Strings("reports"), report.Strings("unexpected"));
            Assert.True(check.Ok().GetProperty("matches").GetBoolean());
        }
        else
        {
            foreach (var reply in (Reply[])[created, check])
            {
                var detail = reply.Problem(422, entry.GetProperty("expect").GetString()!).GetProperty("detail");
                Assert.Contains(
                    entry.Strings("mentions"),
                    word => detail.GetString()!.Contains(word, StringComparison.Ordinal)
                );
            }
        }

        await server.RemoveAsync("field");
    }

    [Theory]
    [InlineData("?state_dict=params", null)]
    [InlineData("?state_dict=.", "weights_unreadable")]
    [InlineData("?state_dict=ema", "weights_unreadable")]
    [InlineData("?prefix=module", "weights_mismatch")]
    public async Task Create_ChosenStateDictOrPrefix_IsTaken(string query, string? code)
    {
        var path = Path("A4_wrapper_params.pth");
        await server.CreateAsync(WeightsServer.Definition("chosen-put", Architecture));

        var created = await server.CreateAsync(WeightsServer.Definition("chosen", Architecture), path, query);
        var check = await server.CheckAsync("chosen-put", path, query);
        var put = await server.PutAsync("chosen-put", path, query);

        Assert.Equal(code, created.Code);
        Assert.Equal(code, put.Code);
        if (code == "weights_mismatch")
            Assert.False(check.Ok().GetProperty("matches").GetBoolean());
        else
            Assert.Equal(code, check.Code);
        if (code == "weights_mismatch")
            Assert.Contains("'module.'", created.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await server.RemoveAsync("chosen");
        await server.RemoveAsync("chosen-put");
    }

    private static string Path(string file) => Fixtures.Path("field", file);
}
