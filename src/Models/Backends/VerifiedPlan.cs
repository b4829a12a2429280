namespace ModelService.Models.Backends;

/// <summary>
/// The result of comparing a plan with the eager executor. It is kept, so that the same plan is not compared again.
/// </summary>
/// <param name="Accuracy">The plan's distance from the eager executor.</param>
/// <param name="Scores">
/// The logits that the plan computed for the first warm-up input. The same plan has to compute them again.
/// </param>
/// <param name="Choice">The precision that was chosen by time; null where the definition names it.</param>
internal sealed record VerifiedPlan(PlanAccuracy Accuracy, float[] Scores, PrecisionChoice? Choice = null)
{
    /// <summary>Whether a plan computes the same scores as the one that was compared.</summary>
    /// <param name="scores">Its logits for the first warm-up input.</param>
    /// <param name="largestDifference">The largest difference of a probability that is accepted.</param>
    public bool IsReproducedBy(float[] scores, double largestDifference) =>
        scores.Length == Scores.Length
        && PlanAccuracy.Compare(scores, Scores, inputs: 1).MaxDifference <= largestDifference;
}
