using ModelService.Models.Runs;

namespace ModelService.Models.Int8;

/// <summary>A quantization in the background at one moment.</summary>
public record QuantizationRun : Run
{
    /// <summary>The number of images that calibrate the version.</summary>
    public required int Images { get; init; }

    /// <summary>The budget: the largest change of a probability.</summary>
    public required double MaxProbabilityChange { get; init; }

    /// <summary>The budget: the least share of images that keep their class.</summary>
    public required double MinAgreement { get; init; }
}
