namespace ModelService.Models.Int8;

/// <summary>How far a quantized version may be from its original.</summary>
/// <param name="MaxProbabilityChange">The largest change of a probability that is accepted.</param>
/// <param name="MinAgreement">The least share of images that must get the same class; 0 to 1.</param>
public sealed record QuantizationBudget(double MaxProbabilityChange, double MinAgreement)
{
    /// <summary>The largest change of a probability where a client names none.</summary>
    public const double DefaultMaxProbabilityChange = 0.25;

    /// <summary>The least agreement where a client names none.</summary>
    public const double DefaultMinAgreement = 0.97;
}
