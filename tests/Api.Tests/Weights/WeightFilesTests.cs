using System.Text.Json;

namespace ModelService.Api.Tests.Weights;

/// <summary>Every file of the weights manifest through HTTP: its outcome, its report and its logits.</summary>
public sealed class WeightFilesTests(WeightsServer server) : IClassFixture<WeightsServer>
{
    // float32: sums of a few thousand products in another order differ by about 1e-6; the fixtures ask for 1e-4. The
    // files of other types hold rounded weights, and their logits are those of the rounded weights in float32: the same
    // tolerance, no more.
    private const float Tolerance = 1e-4f;

    private static readonly JsonElement Manifest = Fixtures.Json("weights", "manifest.json");

    public static IEnumerable<TheoryDataRow<string>> Files =>
        Manifest
            .GetProperty("files")
            .EnumerateArray()
            .Select(item => new TheoryDataRow<string>(item.GetProperty("file").GetString()!));

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Create_FileOfManifest_HasItsOutcomeAndLogits(string file)
    {
        var entry = Entry(file);
        var (net, name) = (entry.GetProperty("net").GetString()!, Name(file));

        var reply = await server.CreateAsync(
            WeightsServer.Definition(name, WeightsServer.Architecture(net)),
            WeightsServer.File(file)
        );

        Assert.Contains(reply.Code ?? "ok", Outcomes(entry));
        Assert.Empty(server.StagedFiles);
        if (reply.Code == "weights_mismatch")
            AssertReport(entry, reply.Json.GetProperty("report"));
        if (reply.Code is not null)
            return;
        var model = reply.Ok(201);
        Assert.Equal(
            ("loaded", "loaded"),
            (model.GetProperty("weights").GetString(), model.GetProperty("head").GetString())
        );
        AssertReport(entry, model.GetProperty("weights_report"));
        await AssertLogitsAsync(name, net, entry.GetProperty("logits").GetString()!);
        await server.RemoveAsync(name);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Check_FileOfManifest_SaysWhatCreateWouldDo(string file)
    {
        var entry = Entry(file);
        var name = $"check-{entry.GetProperty("net").GetString()!.Replace('_', '-')}";
        await server.CreateAsync(
            WeightsServer.Definition(name, WeightsServer.Architecture(entry.GetProperty("net").GetString()!))
        );

        var reply = await server.CheckAsync(name, WeightsServer.File(file));

        Assert.Contains(
            reply.Code ?? (reply.Json.GetProperty("matches").GetBoolean() ? "ok" : "weights_mismatch"),
            Outcomes(entry)
        );
        Assert.Empty(server.StagedFiles);
        if (reply.Code is null)
            AssertReport(entry, reply.Ok());
        Assert.Equal("random", (await server.GetAsync($"/v1/models/{name}")).Ok().GetProperty("weights").GetString());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Create_AllowPartial_HasTheManifestsOutcome(string file)
    {
        var entry = Entry(file);
        if (!entry.TryGetProperty("allow_partial", out var partial))
            return;
        var name = Name(file);

        var reply = await server.CreateAsync(
            WeightsServer.Definition(name, WeightsServer.Architecture(entry.GetProperty("net").GetString()!)),
            WeightsServer.File(file),
            "?allow_partial=true"
        );

        Assert.Equal(partial.GetProperty("expect").GetString(), reply.Code ?? "ok");
        if (reply.Code is null)
            Assert.Equal(partial.GetProperty("head").GetString(), reply.Json.GetProperty("head").GetString());
        await server.RemoveAsync(name);
    }

    private async Task AssertLogitsAsync(string name, string net, string key)
    {
        var io = SafetensorsFile.Read(WeightsServer.File(net, "io.safetensors"));
        var (expected, found) = (io.Floats(key), await server.LogitsAsync(name, net));
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - found[i]) <= Tolerance * Math.Max(1, Math.Abs(expected[i])),
                $"{i}: {found[i]} instead of {expected[i]}"
            );
        }
    }

    private static void AssertReport(JsonElement entry, JsonElement report)
    {
        var expected = entry.GetProperty("report");
        Assert.Equal(entry.GetProperty("format").GetString(), report.GetProperty("format").GetString());
        Assert.Equal(
            expected.GetProperty("wrapper").GetString(),
            report.TryGetProperty("wrapper", out var wrapper) ? wrapper.GetString() : null
        );
        Assert.Equal(expected.Strings("missing"), report.Strings("missing"));
        Assert.Equal(expected.Strings("unexpected"), report.Strings("unexpected"));
        Assert.Equal(Names(expected), Names(report));
        Assert.Equal(
            expected.GetProperty("prefix").GetString() is not null,
            report.GetProperty("renamed").GetArrayLength() > 0
        );
        Assert.Equal(
            entry.GetProperty("dtype").GetString() != "float32",
            report.GetProperty("dtype_converted").GetArrayLength() > 0
        );
        Assert.Equal(64, report.GetProperty("sha256").GetString()!.Length);
    }

    private static IEnumerable<string> Names(JsonElement report) =>
        report.GetProperty("shape_mismatch").EnumerateArray().Select(item => item.GetProperty("name").GetString()!);

    private static JsonElement Entry(string file) =>
        Manifest.GetProperty("files").EnumerateArray().Single(item => item.GetProperty("file").GetString() == file);

    private static string Name(string file) => Path.GetFileName(file).Replace('_', '-');

    private static string[] Outcomes(JsonElement entry) =>
        [
            entry.GetProperty("expect").GetString()!,
            .. entry.TryGetProperty("or", out var or) ? or.EnumerateArray().Select(item => item.GetString()!) : [],
        ];
}
