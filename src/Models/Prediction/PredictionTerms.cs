using ModelService.Models.Scheduling;

namespace ModelService.Models.Prediction;

/// <summary>The priority and the timeout of a prediction request.</summary>
/// <param name="Priority">Rank of the request in the model's queue.</param>
/// <param name="Timeout">
/// Time from now to the deadline. Null, or more than <see cref="BatchingOptions.MaxTimeout"/>: that option counts.
/// </param>
public sealed record PredictionTerms(Priority Priority = Priority.Normal, TimeSpan? Timeout = null);
