namespace ModelService.Models.Int8;

/// <summary>How far a quantized version may be from its original.</summary>
/// <param name="MaxProbabilityChange">The largest change of a probability that is accepted.</param>
/// <param name="MinAgreement">The least share of images that must get the same class; 0 to 1.</param>
public sealed record QuantizationBudget(double MaxProbabilityChange, double MinAgreement)
{
    /// <summary>The budget of a client that names none.</summary>
    public static QuantizationBudget Default { get; } = new(MaxProbabilityChange: 0.25, MinAgreement: 0.97);
}
