using ModelService.Models.Errors;

namespace ModelService.Models.Weights;

/// <summary>The failure <c>weights_mismatch</c>: the weights don't fit the architecture.</summary>
/// <param name="Detail">A sentence for the client.</param>
/// <param name="Report">The whole comparison of the weights and the architecture.</param>
public sealed record WeightsMismatch(string Detail, WeightsReport Report) : Failure(ErrorCode.WeightsMismatch, Detail);
