namespace ModelService.Models.Execution;

/// <summary>The time that each stage of a prediction took.</summary>
/// <param name="Decode">Decoding and preprocessing of all images.</param>
/// <param name="Queue">Waiting in the model's queue.</param>
/// <param name="Inference">Computing the scores.</param>
/// <param name="BatchSize">
/// Inputs in the batch, including those of other requests; of several batches, the largest.
/// </param>
public readonly record struct PredictionTiming(TimeSpan Decode, TimeSpan Queue, TimeSpan Inference, int BatchSize);
