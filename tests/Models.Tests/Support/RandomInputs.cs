using static TorchSharp.torch;

namespace ModelService.Models.Tests.Support;

/// <summary>
/// Random tensors from a generator of their own: all threads share libtorch's, which models are seeded with.
/// </summary>
internal static class RandomInputs
{
    /// <summary>
    /// Normally distributed numbers around 0, the same for the same seed; float32, on the CPU. The caller disposes
    /// them.
    /// </summary>
    public static Tensor Normal(int seed, long[] shape)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return randn(shape, generator: generator);
    }
}
