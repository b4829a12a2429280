using static TorchSharp.torch;

namespace ModelService.Models.Tests.Support;

/// <summary>Makes those who leave memory unwritten be found out.</summary>
internal static class Poison
{
    /// <summary>Fills what the allocator hands out next with NaN.</summary>
    public static void FreeMemory()
    {
        using var scope = NewDisposeScope();
        foreach (var size in new[] { 100L, 1000, 5000, 10_000, 20_000, 30_000 })
        {
            for (var i = 0; i < 8; i++) full([size], float.NaN);
        }
    }
}
