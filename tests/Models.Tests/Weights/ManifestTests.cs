using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>Every file of the weights manifest: its outcome, its report and its numbers.</summary>
public sealed class ManifestTests
{
    public static IEnumerable<TheoryDataRow<string>> Files => WeightsFixtures.Files("");

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_FileOfManifest_HasItsOutcomeReportAndNumbers(string name)
    {
        var entry = WeightsFixtures.Entry("", name);
        var outcomes = WeightsFixtures.Outcomes(entry);
        var net = entry.GetProperty("net").GetString()!;
        WeightsFile file;
        try
        {
            file = WeightsFixtures.Open(name);
        }
        catch (ServingException error)
        {
            Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
            Assert.Contains("weights_unreadable", outcomes);
            return;
        }

        using (file)
        {
            var report = StateDictMatch.Compare(WeightsFixtures.Specs(net), file.Tensors);

            Assert.Contains(report.IsMatch ? "ok" : "weights_mismatch", outcomes);
            Assert.Equal(Format(entry.GetProperty("format").GetString()), file.Format);
            AssertReport(entry.GetProperty("report"), file, report);
            AssertNumbers(net, entry.GetProperty("dtype").GetString()!, report);
        }
    }

    [Theory]
    [InlineData("lesson/lesson_big_endian.pth", "'big'")]
    [InlineData("lesson/lesson_big_endian_legacy.pth", "big-endian")]
    public void Open_BigEndianFile_IsRefusedByName(string name, string expected)
    {
        var error = Assert.ThrowsAny<ServingException>(() => WeightsFixtures.Open(name));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_DeflatedFile_IsRead()
    {
        using var file = WeightsFixtures.Open("lesson/lesson_deflated.pth");

        Assert.True(StateDictMatch.Compare(WeightsFixtures.Specs("lesson"), file.Tensors).IsMatch);
    }

    private static void AssertReport(JsonElement expected, WeightsFile file, WeightsReport report)
    {
        var prefix = expected.GetProperty("prefix").GetString();
        Assert.Equal(expected.GetProperty("wrapper").GetString(), file.Wrapper);
        Assert.Equal(Strings(expected.GetProperty("missing")), report.Missing);
        Assert.Equal(Strings(expected.GetProperty("unexpected")), report.Unexpected);
        Assert.Equal(
            expected
                .GetProperty("shape_mismatch")
                .EnumerateArray()
                .Select(item =>
                    (
                        item.GetProperty("name").GetString(),
                        Sizes(WeightsFixtures.Longs(item.GetProperty("architecture"))),
                        Sizes(WeightsFixtures.Longs(item.GetProperty("file")))
                    )
                ),
            report.ShapeMismatch.Select(item => ((string?)item.Name, Sizes(item.Expected), Sizes(item.Found)))
        );
        Assert.Equal(prefix is null ? 0 : file.Tensors.Count, report.Renamed.Count);
        Assert.All(report.Renamed, item => Assert.Equal(prefix + item.To, item.From));
    }

    private static void AssertNumbers(string net, string dtype, WeightsReport report)
    {
        var expected = WeightsFixtures.ReadSafetensors(Path.Combine(WeightsFixtures.Folder, net, net + ".safetensors"));
        foreach (var (spec, stored) in report.Pairs)
        {
            var values = WeightsFixtures.Floats(stored);
            Assert.Equal(expected[spec.Name].Select(value => Rounded(value, dtype)), values);
            if (!spec.IsCounter)
                continue;
            var counter = new long[1];
            stored.CopyTo(counter);
            Assert.Equal(expected[spec.Name][0], counter[0]);
        }
    }

    /// <summary>The fixtures were rounded to the nearest number of their type, halves to even.</summary>
    private static float Rounded(float value, string dtype)
    {
        if (dtype == "float16")
            return (float)(Half)value;
        if (dtype != "bfloat16")
            return value;
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
    }

    private static WeightsFormat Format(string? name) =>
        name switch
        {
            "safetensors" => WeightsFormat.Safetensors,
            "pytorch_zip" => WeightsFormat.PyTorchZip,
            "pytorch_legacy" => WeightsFormat.PyTorchLegacy,
            _ => WeightsFormat.TorchSharp,
        };

    private static string Sizes(IReadOnlyList<long> sizes) => string.Join('x', sizes);

    private static IEnumerable<string> Strings(JsonElement array) =>
        array.EnumerateArray().Select(item => item.GetString()!);
}
