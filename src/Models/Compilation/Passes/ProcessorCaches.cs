using System.Runtime.Intrinsics.X86;

namespace ModelService.Models.Compilation.Passes;

/// <summary>Information that the processor gives about its caches.</summary>
internal static class ProcessorCaches
{
    private const int IntelLeaf = 4;
    private const int AmdLeaf = unchecked((int)0x8000001D);

    /// <summary>
    /// Whether the processor shows caches of the first, second and third level. Some virtual machines hide them. oneDNN
    /// reads them in the same way.
    /// </summary>
    /// <remarks>
    /// Source: CPUID leaf 4 (Intel's manual, volume 2A) and leaf 8000001Dh (AMD's manual, volume 3), which have the
    /// same form.
    /// </remarks>
    public static bool AreShown { get; } =
        X86Base.IsSupported && (ShowsThreeLevels(IntelLeaf) || ShowsThreeLevels(AmdLeaf));

    private static bool ShowsThreeLevels(int leaf)
    {
        // The first leaf of a range gives the number of the range's last leaf.
        var (last, _, _, _) = X86Base.CpuId(leaf & int.MinValue, 0);
        return IsInRange(leaf, last)
            && Enumerable.Range(0, 8).Select(cache => DataCacheLevel(leaf, cache)).Intersect([1, 2, 3]).Count() == 3;
    }

    /// <summary>
    /// Whether a leaf is at most the last one of its range. Leaves are unsigned numbers: AMD's, from 80000000h on, are
    /// negative as an <see cref="int"/>.
    /// </summary>
    internal static bool IsInRange(int leaf, int last) => unchecked((uint)leaf <= (uint)last);

    // The level of a cache that holds data: 0 if there is no such cache, or if it holds only instructions.
    private static int DataCacheLevel(int leaf, int cache)
    {
        var (description, geometry, sets, _) = X86Base.CpuId(leaf, cache);
        var holdsData = (description & 0x1F) is 1 or 3;
        return holdsData && geometry != 0 && sets != 0 ? (description >> 5) & 0x7 : 0;
    }
}
