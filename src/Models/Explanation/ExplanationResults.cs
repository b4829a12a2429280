using ModelService.Models.Registry;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Explanation;

/// <summary>The version that was looked at, in its state at that time.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Version">Number of the version.</param>
/// <param name="Weights">Whether its weights are random, partly loaded or loaded.</param>
/// <param name="Precision">The number format that it predicts in; explanations are computed in float32.</param>
public sealed record ExplanationSource(string Model, int Version, WeightsState Weights, Precision Precision)
{
    internal static ExplanationSource Of(ModelLease lease) =>
        new(
            lease.Model.Name,
            lease.Model.Version,
            lease.Snapshot.Weights!.State,
            lease.Snapshot.Resolved!.Definition.Precision
        );
}

/// <summary>Numbers with their sizes.</summary>
/// <param name="Sizes">The sizes.</param>
/// <param name="Values">The numbers, row-major.</param>
public sealed record NumberGrid(IReadOnlyList<int> Sizes, float[] Values);

/// <summary>An explanation of a score.</summary>
/// <param name="Source">The version.</param>
/// <param name="Method">The method.</param>
/// <param name="Route">How it was computed.</param>
/// <param name="Layer">The layer; null for a method that needs none.</param>
/// <param name="Class">Index of the class.</param>
/// <param name="Label">Its label; null for a model without labels.</param>
/// <param name="Score">Its logit.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Map">
/// The map at its own resolution: of CAM methods without what is negative, of the others signed.
/// </param>
public sealed record ExplanationResult(
    ExplanationSource Source,
    ExplanationMethod Method,
    ExplanationRoute Route,
    string? Layer,
    int Class,
    string? Label,
    double Score,
    double Probability,
    NumberGrid Map
)
{
    /// <summary>The least number before negative ones were cut off.</summary>
    public required double Min { get; init; }

    /// <summary>The greatest number.</summary>
    public required double Max { get; init; }

    /// <summary>The share of the numbers that is above 0.</summary>
    public required double Positive { get; init; }

    /// <summary>Whether the map says nothing: no number is above 0, or all are the same.</summary>
    public required bool IsFlat { get; init; }

    /// <summary>Of Integrated Gradients: how complete they are.</summary>
    public Completeness? Completeness { get; init; }

    /// <summary>How faithful the map is; null when that was not asked for.</summary>
    public Faithfulness? Faithfulness { get; init; }

    /// <summary>Of an occlusion: side of the squares and distance between them.</summary>
    public (int Window, int Stride)? Grid { get; init; }

    /// <summary>The picture, as a PNG; null when none was asked for.</summary>
    public byte[]? Picture { get; init; }
}

/// <summary>The output of a layer, or the filters of a convolution.</summary>
/// <param name="Source">The version; null for a network that is no model.</param>
/// <param name="Layer">The layer.</param>
/// <param name="First">Number of the first channel or filter.</param>
/// <param name="Total">Number of all channels or filters.</param>
/// <param name="Values">The numbers: <c>[channels, ...]</c> or <c>[filters, channels, ...]</c>.</param>
/// <param name="Statistics">Figures of each channel or filter.</param>
/// <param name="Picture">The picture, as a PNG; null when none was asked for.</param>
public sealed record FeatureResult(
    ExplanationSource? Source,
    string Layer,
    int First,
    int Total,
    NumberGrid Values,
    IReadOnlyList<ChannelStatistics> Statistics,
    byte[]? Picture
);

/// <summary>Figures of a channel.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="Std">Standard deviation, divided by n.</param>
/// <param name="Min">Least number.</param>
/// <param name="Max">Greatest number.</param>
/// <param name="Zero">Share of the numbers that is exactly 0: a dead channel has 1.</param>
public sealed record ChannelStatistics(double Mean, double Std, double Min, double Max, double Zero)
{
    internal static ChannelStatistics Of(ReadOnlySpan<float> values)
    {
        var (sum, min, max, zeros) = (0.0, double.PositiveInfinity, double.NegativeInfinity, 0);
        foreach (var value in values)
        {
            (sum, min, max) = (sum + value, Math.Min(min, value), Math.Max(max, value));
            zeros += value == 0 ? 1 : 0;
        }

        var (mean, squares) = (sum / values.Length, 0.0);
        foreach (var value in values)
            squares += (value - mean) * (value - mean);
        return new ChannelStatistics(mean, Math.Sqrt(squares / values.Length), min, max, zeros / (double)values.Length);
    }
}
