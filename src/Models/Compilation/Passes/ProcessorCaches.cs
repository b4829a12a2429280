using System.Runtime.Intrinsics.X86;

namespace ModelService.Models.Compilation.Passes;

/// <summary>What programs can learn of the processor's caches.</summary>
internal static class ProcessorCaches
{
    private const int IntelLeaf = 4;
    private const int AmdLeaf = unchecked((int)0x8000001D);

    /// <summary>Whether the processor tells of its first, second and third level; some virtual machines hide them. oneDNN asks in the same way.</summary>
    /// <remarks>CPUID's leaf 4 (Intel's manual, volume 2A) or 8000001Dh (AMD's, volume 3), which have the same form.</remarks>
    public static bool AreShown { get; } =
        X86Base.IsSupported && (ShowsThreeLevels(IntelLeaf) || ShowsThreeLevels(AmdLeaf));

    private static bool ShowsThreeLevels(int leaf)
    {
        // The first leaf of either range tells which is the last one.
        var (last, _, _, _) = X86Base.CpuId(leaf & int.MinValue, 0);
        return IsInRange(leaf, last)
            && Enumerable.Range(0, 8).Select(cache => LevelOfData(leaf, cache)).Intersect([1, 2, 3]).Count() == 3;
    }

    /// <summary>Whether a leaf is at most the last one of its range. Leaves are unsigned: AMD's, from 80000000h on, are negative as an int.</summary>
    internal static bool IsInRange(int leaf, int last) => unchecked((uint)leaf <= (uint)last);

    // 0 for none, and for one of instructions only.
    private static int LevelOfData(int leaf, int cache)
    {
        var (description, geometry, sets, _) = X86Base.CpuId(leaf, cache);
        var isOfData = (description & 0x1F) is 1 or 3;
        return isOfData && geometry != 0 && sets != 0 ? (description >> 5) & 0x7 : 0;
    }
}
