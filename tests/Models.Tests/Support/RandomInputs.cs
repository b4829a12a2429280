using static TorchSharp.torch;

namespace ModelService.Models.Tests.Support;

/// <summary>Random tensors from a generator of their own: libtorch's is shared by all threads, and models are seeded with it.</summary>
internal static class RandomInputs
{
    /// <summary>Numbers spread normally around 0, the same for the same seed; float32, on the CPU. The caller disposes it.</summary>
    public static Tensor Normal(int seed, long[] shape)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return randn(shape, generator: generator);
    }
}
