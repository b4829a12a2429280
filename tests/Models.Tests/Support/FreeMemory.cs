using static TorchSharp.torch;

namespace ModelService.Models.Tests.Support;

/// <summary>Memory that nobody has.</summary>
internal static class FreeMemory
{
    /// <summary>
    /// Fills free memory with NaN, so that code that reads memory before it is written to is found out.
    /// </summary>
    public static void FillWithNaN()
    {
        using var scope = NewDisposeScope();
        foreach (var size in new[] { 4L, 16, 64, 100, 1000, 5000, 10_000, 20_000, 30_000 })
        {
            for (var i = 0; i < 8; i++)
                full([size], float.NaN);
        }
    }
}
