using ModelService.Models.Scheduling;

namespace ModelService.Models.Prediction;

/// <summary>The priority, the timeout and the caller of a prediction request.</summary>
/// <param name="Priority">Rank of the request in the model's queue.</param>
/// <param name="Timeout">
/// Time from now to the deadline. Null, or more than <see cref="BatchingOptions.MaxTimeout"/>: that option counts.
/// </param>
/// <param name="Client">
/// What names the caller: while the model's requests are routed to several versions, each caller gets the same one.
/// Null: nothing does, and each request gets a random one.
/// </param>
public sealed record PredictionTerms(
    Priority Priority = Priority.Normal,
    TimeSpan? Timeout = null,
    string? Client = null
);
