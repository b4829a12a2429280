using System.Text.Json.Nodes;

namespace ModelService.Client;

/// <summary>Quantizations in the background.</summary>
public sealed record QuantizationListResponse
{
    /// <summary>The quantizations, newest first.</summary>
    public required IReadOnlyList<QuantizationResponse> Quantizations { get; init; }
}

/// <summary>A quantization in the background.</summary>
public sealed record QuantizationResponse
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The model that it makes a version of.</summary>
    public required string Model { get; init; }

    /// <summary>Where it is on its way.</summary>
    public required RunState State { get; init; }

    /// <summary>The phase that it is in; null before the first one.</summary>
    public string? Phase { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it began; null: it has not.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended; null: it has not.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>The version that it begins with, such as <c>pets@1</c>.</summary>
    public required string From { get; init; }

    /// <summary>The number of images that calibrate the version.</summary>
    public required int Images { get; init; }

    /// <summary>The budget: the largest change of a probability.</summary>
    public required double MaxProbabilityChange { get; init; }

    /// <summary>The budget: the least share of images that keep their class.</summary>
    public required double MinAgreement { get; init; }

    /// <summary>The code of the failure; null: it has not failed.</summary>
    public string? Code { get; init; }

    /// <summary>Why it has ended so; null: it has not.</summary>
    public string? Reason { get; init; }

    /// <summary>How often it was started again, after its server was killed or restarted.</summary>
    public required int Resumed { get; init; }

    /// <summary>The version that it has made; null: none yet.</summary>
    public int? Version { get; init; }

    /// <summary>
    /// How far it is: the phase (<c>images</c> are prepared, <c>ranges</c> chosen, <c>times</c> measured), and the step
    /// of steps. Null unless it runs.
    /// </summary>
    public IReadOnlyDictionary<string, JsonNode?>? Progress { get; init; }
}

/// <summary>What quantizing a version has brought, measured when it was made.</summary>
public sealed record QuantizationReport
{
    /// <summary>Images that the ranges were found with.</summary>
    public int Images { get; init; }

    /// <summary>Other images, which the figures below are measured on.</summary>
    public int HeldOut { get; init; }

    /// <summary>Share of them that get the same class as in float32; 0 to 1.</summary>
    public double Top1Agreement { get; init; }

    /// <summary>The largest change of a probability.</summary>
    public double MaxProbabilityChange { get; init; }

    /// <summary>The mean change of the probabilities.</summary>
    public double MeanProbabilityChange { get; init; }

    /// <summary>The time that an image takes, in batches of 1 and of 8.</summary>
    public IReadOnlyList<QuantizationSpeed> Milliseconds { get; init; } = [];

    /// <summary>The convolutions and linear layers, in the order of the network.</summary>
    public IReadOnlyList<QuantizedLayer> Layers { get; init; } = [];
}

/// <summary>The time that an image takes before and after.</summary>
public sealed record QuantizationSpeed
{
    /// <summary>Images in a batch.</summary>
    public int BatchSize { get; init; }

    /// <summary>Milliseconds of an image by the plan in float32.</summary>
    public double Float32 { get; init; }

    /// <summary>Milliseconds of an image by the plan with 8-bit integers.</summary>
    public double Int8 { get; init; }
}

/// <summary>A layer of a quantized version.</summary>
public sealed record QuantizedLayer
{
    /// <summary>Its key.</summary>
    public string Layer { get; init; } = "";

    /// <summary>What it computes in: <c>int8</c>, or <c>float32</c>.</summary>
    public Precision Precision { get; init; }

    /// <summary>Why it stays in float32; null for one that computes with integers.</summary>
    public string? Reason { get; init; }

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
