using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>What quantizing a version has brought, measured when it was made.</summary>
/// <param name="Images">Images that the ranges were found with.</param>
/// <param name="HeldOut">Other images, which the figures below are measured on.</param>
/// <param name="Top1Agreement">Share of them that get the same class as in float32; 0 to 1.</param>
/// <param name="MaxProbabilityChange">The largest change of a probability.</param>
/// <param name="MeanProbabilityChange">The mean change of the probabilities.</param>
/// <param name="Milliseconds">The time that an image takes, in batches of 1 and of 8.</param>
/// <param name="Layers">The convolutions and linear layers, in the order of the network.</param>
public sealed record QuantizationReport(
    int Images,
    int HeldOut,
    double Top1Agreement,
    double MaxProbabilityChange,
    double MeanProbabilityChange,
    IReadOnlyList<QuantizationSpeed> Milliseconds,
    IReadOnlyList<QuantizedLayer> Layers
);

/// <summary>The time that an image takes before and after.</summary>
/// <param name="BatchSize">Images in a batch.</param>
/// <param name="Float32">Milliseconds of an image by the plan in float32.</param>
/// <param name="Int8">Milliseconds of an image by the plan with 8-bit integers.</param>
public sealed record QuantizationSpeed(int BatchSize, double Float32, double Int8);

/// <summary>A layer of a quantized version.</summary>
/// <param name="Layer">Its key.</param>
/// <param name="Precision">What it computes in: <c>int8</c>, or <c>float32</c>.</param>
/// <param name="Reason">Why it stays in float32; null for one that computes with integers.</param>
public sealed record QuantizedLayer(string Layer, Precision Precision, string? Reason)
{
    /// <summary>The distance between two neighbouring inputs; null where it was not calibrated.</summary>
    public double? InputScale { get; init; }

    /// <summary>The distance between two neighbouring results; null where it was not calibrated.</summary>
    public double? OutputScale { get; init; }

    /// <summary>
    /// How the range of its results was chosen: <c>min_max</c>, <c>mse</c>, <c>percentile_99.9</c>, <c>entropy</c>.
    /// </summary>
    public string? Range { get; init; }

    /// <summary>
    /// The error of the logits when only this layer computes with integers, as a share of their spread.
    /// </summary>
    public double? Error { get; init; }

    /// <summary>Milliseconds that an image takes in float32.</summary>
    public double? MillisecondsBefore { get; init; }

    /// <summary>Milliseconds that an image takes with integers.</summary>
    public double? MillisecondsAfter { get; init; }
}
