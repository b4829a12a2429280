using ModelService.Models.Scheduling;

namespace ModelService.Models.Prediction;

/// <summary>On what terms a request is served.</summary>
/// <param name="Priority">Whom it may pass while it waits.</param>
/// <param name="Timeout">How long from now the scores may take; null: as long as the server lets any request wait.</param>
public sealed record PredictionTerms(Priority Priority = Priority.Normal, TimeSpan? Timeout = null);
