namespace ModelService.Models.Backends;

/// <summary>Where and how a model computes.</summary>
/// <param name="Device"><c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="Backend">The executor that computes.</param>
/// <param name="FallbackReason">Why the plan does not compute; null when it does.</param>
/// <param name="Accuracy">How far the plan is from the eager executor; null when no plan could be built.</param>
/// <param name="Choice">The precision that was chosen by time; null where the definition names it.</param>
public sealed record ExecutionInfo(
    string Device,
    Backend Backend,
    string? FallbackReason,
    PlanAccuracy? Accuracy,
    PrecisionChoice? Choice = null
);
