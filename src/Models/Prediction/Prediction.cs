using ModelService.Models.Errors;
using ModelService.Models.Registry;

namespace ModelService.Models.Prediction;

/// <summary>What a model made of one input.</summary>
public abstract record Prediction;

/// <summary>Scores, one per class.</summary>
/// <param name="Logits">The network's output.</param>
/// <param name="Probabilities">Softmax of the logits; they sum to 1.</param>
public sealed record Scores(float[] Logits, float[] Probabilities) : Prediction;

/// <summary>The input could not be used; those beside it are not touched by that.</summary>
/// <param name="Code">What is wrong with it.</param>
/// <param name="Detail">A sentence for the client.</param>
public sealed record Refusal(ErrorCode Code, string Detail) : Prediction
{
    /// <summary>With <see cref="ErrorCode.Overloaded"/>: when another try is likely to succeed; null when that is not known.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The answer to a request.</summary>
/// <param name="Model">The model that gave it.</param>
/// <param name="Predictions">One for each input, in order; none where the request is refused as a whole.</param>
/// <param name="Timing">Where the time went.</param>
public sealed record PredictionResult(
    ModelVersion Model,
    IReadOnlyList<Prediction> Predictions,
    PredictionTiming Timing
)
{
    /// <summary>Why no input was looked at; null when each has its prediction.</summary>
    public Refusal? Refused { get; private init; }

    /// <summary>The answer to a request that is refused as a whole.</summary>
    internal static PredictionResult None(ModelVersion model, Refusal refused) =>
        new(model, [], default) { Refused = refused };
}

/// <summary>Where a request's time went.</summary>
/// <param name="Decode">Decoding and preprocessing of all images.</param>
/// <param name="Queue">Waiting for the model.</param>
/// <param name="Inference">Computing.</param>
/// <param name="BatchSize">Inputs computed together, those of other requests among them; of several batches, the largest.</param>
public readonly record struct PredictionTiming(TimeSpan Decode, TimeSpan Queue, TimeSpan Inference, int BatchSize);
