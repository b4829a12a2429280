namespace ModelService.Models.Execution;

/// <summary>The counts of a model's predictions since the start of the server.</summary>
/// <param name="Requests">Requests that were computed.</param>
/// <param name="Batches">Batches that were computed.</param>
/// <param name="Inputs">Inputs that got scores.</param>
/// <param name="Rejected">Inputs that got none.</param>
/// <param name="Decoding">Time for decoding and preprocessing.</param>
/// <param name="Queueing">Time in the queue.</param>
/// <param name="Computing">Time for computing.</param>
/// <param name="SinceLast">Time since the last batch; null: there was none.</param>
public sealed record ModelStatistics(
    long Requests,
    long Batches,
    long Inputs,
    long Rejected,
    TimeSpan Decoding,
    TimeSpan Queueing,
    TimeSpan Computing,
    TimeSpan? SinceLast
);
