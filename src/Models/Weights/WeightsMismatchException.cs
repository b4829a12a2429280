using ModelService.Models.Errors;

namespace ModelService.Models.Weights;

/// <summary>Weights that don't match the network, with the whole comparison.</summary>
/// <param name="detail">A sentence for the client.</param>
/// <param name="errors">Each tensor that is missing, unexpected or of another shape.</param>
/// <param name="report">The comparison.</param>
public sealed class WeightsMismatchException(string detail, IReadOnlyList<ErrorDetail> errors, WeightsReport report)
    : ServingException(ErrorCode.WeightsMismatch, detail, errors)
{
    /// <summary>How the weights compare to the network.</summary>
    public WeightsReport Report { get; } = report;
}
