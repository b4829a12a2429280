namespace ModelService.Models.Execution;

/// <summary>Where the time of a prediction went.</summary>
/// <param name="Decode">Decoding and preprocessing of all images.</param>
/// <param name="Queue">Waiting for the model.</param>
/// <param name="Inference">Computing.</param>
/// <param name="BatchSize">
/// Inputs computed together, those of other requests among them; of several batches, the largest.
/// </param>
public readonly record struct PredictionTiming(TimeSpan Decode, TimeSpan Queue, TimeSpan Inference, int BatchSize);
