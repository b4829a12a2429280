using System.Diagnostics;
using System.Text.Json;

namespace ModelService.Api.Tests.Weights;

/// <summary>
/// Every hostile file, uploaded as weights and for a check: it is refused as the manifest says, nothing in it is
/// executed, and nothing stays behind.
/// </summary>
[Collection(nameof(WeightsAlone))]
[Measured]
public sealed class HostileFilesTests(WeightsServer server) : IClassFixture<WeightsServer>
{
    private const long MostBytes = 64 << 20;

    // A second is the aim; the rest is room for a busy machine.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private static readonly JsonElement Manifest = Fixtures.Json("weights", "hostile", "manifest.json");

    private static readonly string Architecture = Fixtures.Json("weights", "hostile", "architecture.json").GetRawText();

    public static IEnumerable<TheoryDataRow<string>> Files =>
        Manifest
            .GetProperty("files")
            .EnumerateArray()
            .Select(item => new TheoryDataRow<string>(item.GetProperty("file").GetString()!));

    [Theory]
    [MemberData(nameof(Files))]
    public async Task CreateAndCheck_HostileFile_HaveTheManifestsOutcome(string file)
    {
        var entry = Manifest
            .GetProperty("files")
            .EnumerateArray()
            .Single(item => item.GetProperty("file").GetString() == file);
        string[] outcomes =
        [
            entry.GetProperty("expect").GetString()!,
            .. entry.TryGetProperty("or", out var or) ? or.EnumerateArray().Select(item => item.GetString()!) : [],
        ];
        await server.CreateAsync(WeightsServer.Definition("tiny", Architecture));
        var path = WeightsServer.File("hostile", file);
        var (allocated, time) = (GC.GetTotalAllocatedBytes(), Stopwatch.StartNew());

        var created = await server.CreateAsync(WeightsServer.Definition("hostile", Architecture), path);
        var partial = created.Code is null
            ? created
            : await server.CreateAsync(WeightsServer.Definition("hostile", Architecture), path, "?allow_partial=true");
        var check = await server.CheckAsync("tiny", path);

        Assert.Contains(created.Code ?? "ok", outcomes);
        if (created.Code == "weights_unreadable")
            Assert.Equal("weights_unreadable", partial.Code);
        Assert.Contains(
            check.Code ?? (check.Json.GetProperty("matches").GetBoolean() ? "ok" : "weights_mismatch"),
            outcomes
        );
        Assert.Equal(created.Code is null, check.Code is null && check.Json.GetProperty("matches").GetBoolean());
        Assert.InRange(time.Elapsed, TimeSpan.Zero, Longest);
        Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, MostBytes);
        Assert.Empty(server.StagedFiles);
        if (entry.TryGetProperty("marker", out var marker))
            AssertNoFile(marker.GetString()!);
        await server.RemoveAsync("hostile");
        Assert.Equal("random", (await server.GetAsync("/v1/models/tiny")).Ok().GetProperty("weights").GetString());
    }

    private void AssertNoFile(string marker)
    {
        foreach (
            var folder in (string[])
                [
                    ".",
                    "..",
                    "../..",
                    AppContext.BaseDirectory,
                    Path.GetTempPath(),
                    server.Staging,
                    WeightsServer.File("hostile"),
                    "/",
                ]
        )
        {
            Assert.False(File.Exists(Path.Combine(folder, marker)));
        }
    }
}
