using ModelService.Models.Errors;

namespace ModelService.Models.Weights;

/// <summary>
/// The error <c>weights_mismatch</c>: the weights don't fit the architecture. It carries the whole comparison.
/// </summary>
/// <param name="detail">A sentence for the client.</param>
/// <param name="errors">An error for each tensor that is missing, unexpected or of another shape.</param>
/// <param name="report">The comparison.</param>
public sealed class WeightsMismatchException(string detail, IReadOnlyList<ErrorDetail> errors, WeightsReport report)
    : ServingException(ErrorCode.WeightsMismatch, detail, errors)
{
    /// <summary>The comparison of the weights and the architecture.</summary>
    public WeightsReport Report { get; } = report;
}
