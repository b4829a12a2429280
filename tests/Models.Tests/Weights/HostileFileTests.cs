using System.Diagnostics;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>
/// Every hostile file is refused as it should be, quickly and in little memory, and nothing in it is executed.
/// </summary>
public sealed class HostileFileTests
{
    private const long MostBytes = 64 << 20;

    /// <summary>A second is the aim; the rest is room for a busy machine.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private static readonly TensorSpec[] Tiny = [new("1.weight", [2, 16], false), new("1.bias", [2], false)];

    public static IEnumerable<TheoryDataRow<string>> Files => WeightsFixtures.Files("hostile");

    [Measured]
    [Theory]
    [MemberData(nameof(Files))]
    public void Open_HostileFile_HasOneOfItsOutcomes(string name)
    {
        var entry = WeightsFixtures.Entry("hostile", name);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var time = Stopwatch.StartNew();

        var outcome = Outcome(Path.Combine(WeightsFixtures.Folder, "hostile", name), out var message);

        Assert.True(WeightsFixtures.Outcomes(entry).Contains(outcome), $"{outcome}: {message}");
        Assert.InRange(time.Elapsed, TimeSpan.Zero, Longest);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, MostBytes);
        if (entry.TryGetProperty("marker", out var marker))
            AssertNoFile(marker.GetString()!);
    }

    [Theory]
    [InlineData("os_system.pth", "'os.system'")]
    [InlineData("exec_stack_global.pth", "'builtins.exec'")]
    [InlineData("inst_opcode.pth", "INST")]
    [InlineData("extension_opcode.pth", "EXT1")]
    [InlineData("text_persistent_id.pth", "PERSID")]
    [InlineData("unknown_opcode.pth", "At byte 2 of data.pkl: 0xff")]
    [InlineData("whole_module.pth", "model.state_dict()")]
    [InlineData("torchscript.pt", "TorchScript")]
    [InlineData("complex_storage.pth", "ComplexFloatStorage")]
    [InlineData("zip_crc.pth", "CRC-32")]
    [InlineData("zip_word_file.pth", "without data.pkl")]
    [InlineData("zip_truncated.pth", "cut off")]
    [InlineData("deep_wrappers.pth", "more than 8 keys")]
    [InlineData("stride_zero_huge.pth", "2^31 - 1")]
    [InlineData("gzip.pth", "gzip")]
    [InlineData("picture.pth", "an image")]
    [InlineData("page.pth", "web page")]
    [InlineData("tar.pth", "tar")]
    [InlineData("st_header_3gb.safetensors", "3221225472")]
    [InlineData("dat_leb_endless.dat", "At byte 0")]
    public void Open_HostileFile_SaysWhatIsWrong(string name, string expected)
    {
        Outcome(Path.Combine(WeightsFixtures.Folder, "hostile", name), out var message);

        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("checkpoint_args.pth")]
    [InlineData("numpy_scalar.pth")]
    [InlineData("huge_memo_index.pth")]
    [InlineData("device_unknown.pth")]
    public void Open_HarmlessThingsBesideWeights_AreReadPast(string name)
    {
        var outcome = Outcome(Path.Combine(WeightsFixtures.Folder, "hostile", name), out var message);

        Assert.True(outcome == "ok", message);
    }

    /// <summary>Opens, matches and copies. What is accepted must be the numbers of the control file.</summary>
    private static string Outcome(string path, out string message)
    {
        message = "";
        try
        {
            using var file = WeightsFile.Open(path, WeightsLimits.Default);
            var report = StateDictMatch.Compare(Tiny, file.Tensors, skipped: file.Skipped);
            report.ThrowIfMismatched();
            var control = WeightsFixtures.ReadSafetensors(
                Path.Combine(WeightsFixtures.Folder, "hostile", "control.safetensors")
            );
            Assert.All(
                report.Pairs,
                pair => Assert.Equal(control[pair.Expected.Name], WeightsFixtures.Floats(pair.Stored))
            );
            return "ok";
        }
        catch (ServingException error)
        {
            message = error.Message;
            return error.Code == ErrorCode.WeightsUnreadable ? "weights_unreadable" : "weights_mismatch";
        }
    }

    private static void AssertNoFile(string marker)
    {
        foreach (var folder in (string[])[".", "..", "../..", AppContext.BaseDirectory, WeightsFixtures.Folder, "/"])
            Assert.False(File.Exists(Path.Combine(folder, marker)));
    }
}
