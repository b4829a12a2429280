using ModelService.Models.Backends.Native;
using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>
/// Computes a network on one device. Several threads may use one at once. Whoever made it disposes it, after the last
/// call.
/// </summary>
internal interface IExecutor : IDisposable
{
    /// <summary>Computes <c>[N, ...output]</c> from <c>[N, ...input]</c>, both float32.</summary>
    /// <param name="input">The batch, contiguous, on the executor's device; borrowed.</param>
    /// <param name="pool">For parts of the batch side by side, where that is faster; null: never.</param>
    /// <returns>The scores (logits); the caller owns them.</returns>
    Tensor Forward(Tensor input, IntraBatchPool? pool = null);
}
