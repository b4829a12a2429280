using ModelService.Models.Backends;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Support;

/// <summary>
/// Random numbers from a generator of their own: all threads share libtorch's, which models are seeded with.
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

    /// <summary>
    /// Gives norms random statistics and scales. Fresh ones are 0 and 1, which would hide a norm that is left out.
    /// </summary>
    public static void SetNorms(ParameterStore parameters, int seed)
    {
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var (name, tensor) in parameters.StateDict)
        {
            if (name.EndsWith("running_mean", StringComparison.Ordinal))
                tensor.normal_(0, 0.3, generator);
            else if (name.EndsWith("running_var", StringComparison.Ordinal))
                tensor.uniform_(0.5, 2, generator);
            else if (tensor.dim() == 1 && name.EndsWith("weight", StringComparison.Ordinal))
                tensor.uniform_(-1.5, 1.5, generator);
        }
    }
}
