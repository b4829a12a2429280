using System.Runtime.Intrinsics.X86;
using ModelService.Models.Compilation.Passes;

namespace ModelService.Models.Tests.Compilation.Passes;

public sealed class ProcessorCachesTests
{
    private const string Kernel = "/sys/devices/system/cpu/cpu0/cache";

    [Fact]
    public void AreShown_LinuxSeesThreeLevels_IsTrue()
    {
        Assert.SkipUnless(X86Base.IsSupported && Directory.Exists(Kernel), "Linux tells of no caches here.");
        var levels = Directory
            .GetDirectories(Kernel, "index*")
            .Where(cache => File.ReadAllText(Path.Combine(cache, "type")).Trim() is "Data" or "Unified")
            .Select(cache => File.ReadAllText(Path.Combine(cache, "level")).Trim());

        Assert.Equal(levels.Intersect(["1", "2", "3"]).Count() == 3, ProcessorCaches.AreShown);
    }

    [Theory]
    [InlineData(4, 0x1C, true)]
    [InlineData(4, 3, false)]
    [InlineData(unchecked((int)0x8000001D), unchecked((int)0x80000021), true)]
    [InlineData(unchecked((int)0x8000001D), unchecked((int)0x80000008), false)]
    public void IsInRange_LeafOfEitherRange_IsComparedUnsigned(int leaf, int last, bool expected) =>
        Assert.Equal(expected, ProcessorCaches.IsInRange(leaf, last));
}
