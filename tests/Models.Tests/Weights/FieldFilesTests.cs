using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>The kinds of files that people bring come out as the manifest says.</summary>
public sealed class FieldFilesTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "field");

    // The sums of the tensors, by PyTorch. They are the same in each file.
    private static readonly (TensorSpec Spec, double Sum)[] Network =
    [
        (new("conv1.weight", [4, 3, 3, 3], false), -0.7475195649312809),
        (new("conv1.bias", [4], false), 0.053672933019697666),
        (new("bn1.weight", [4], false), 4),
        (new("bn1.bias", [4], false), 0),
        (new("bn1.running_mean", [4], false), 0),
        (new("bn1.running_var", [4], false), 4),
        (new("bn1.num_batches_tracked", [], true), 0),
        (new("fc.weight", [5, 4], false), -1.3500311374664307),
        (new("fc.bias", [5], false), -0.030971169471740723),
    ];

    public static IEnumerable<TheoryDataRow<string>> Files =>
        Entries().Select(entry => new TheoryDataRow<string>(entry.GetProperty("file").GetString()!));

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_FileOfManifest_HasItsOutcome(string name)
    {
        var entry = Entries().Single(entry => entry.GetProperty("file").GetString() == name);
        if (entry.GetProperty("expect").GetString() != "ok")
        {
            var error = Assert.ThrowsAny<ServingException>(() => Compare(name));

            Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
            var words = entry.GetProperty("mentions").EnumerateArray().Select(word => word.GetString()!);
            Assert.Contains(words, word => error.Message.Contains(word, StringComparison.Ordinal));
            return;
        }

        var (report, sums) = Compare(name);

        report.ThrowIfMismatched();
        Assert.Equal(entry.GetProperty("loaded").GetInt32(), report.Loaded.Count);
        Assert.Equal(Network.Select(item => item.Sum), sums, new Tolerance());
        if (entry.TryGetProperty("reports", out var reports))
            Assert.Equal(reports.EnumerateArray().Select(item => item.GetString()), report.Unexpected);
    }

    private static (WeightsReport Report, List<double> Sums) Compare(string name)
    {
        TensorSpec[] specs = [.. Network.Select(item => item.Spec)];
        using var file = WeightsFile.Open(
            MappedBytes.FromFile(Path.Combine(Folder, name)),
            WeightsLimits.Default,
            new StateDictSearch(specs)
        );
        var report = StateDictMatch.Compare(specs, file.Tensors, skipped: file.Skipped);
        return (
            report,
            [.. report.Pairs.Select(pair => WeightsFixtures.Floats(pair.Stored).Sum(value => (double)value))]
        );
    }

    private static JsonElement[] Entries()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "manifest.json")));
        return [.. json.RootElement.GetProperty("weights").EnumerateArray().Select(entry => entry.Clone())];
    }

    private sealed class Tolerance : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) < 1e-6;

        public int GetHashCode(double obj) => 0;
    }
}
