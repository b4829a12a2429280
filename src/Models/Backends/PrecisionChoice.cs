using ModelService.Models.Tensors;

namespace ModelService.Models.Backends;

/// <summary>
/// What a plan of the precision <see cref="Precision.Auto"/> or <see cref="Precision.Fastest"/> computes in on this
/// machine.
/// </summary>
/// <param name="Precision">The precision.</param>
/// <param name="Float32Layers">The layers that stay in float32, since that is faster; empty in most plans.</param>
/// <param name="Ms">
/// Milliseconds of an input by each precision that was timed, the mean of one input and a batch; <c>mixed</c> is the
/// one with layers in float32. Empty where there is nothing to choose.
/// </param>
/// <param name="TooInexact">A faster precision that was not taken, since its answers differ too much.</param>
public sealed record PrecisionChoice(
    Precision Precision,
    IReadOnlyList<string> Float32Layers,
    IReadOnlyDictionary<string, double> Ms,
    Precision? TooInexact = null
);
