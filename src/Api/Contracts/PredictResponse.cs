using ModelService.Api.Errors;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Prediction;
using ModelService.Models.Weights;

namespace ModelService.Api.Contracts;

/// <summary>Which scores an answer holds beside the best classes.</summary>
public enum ScoreKind
{
    /// <summary>Softmax of the network's output: each from 0 to 1, together 1.</summary>
    Probabilities,

    /// <summary>The network's output as it is.</summary>
    Logits,

    /// <summary>None.</summary>
    None,
}

/// <summary>The scores of each image.</summary>
/// <param name="Model">The model that gave them.</param>
/// <param name="Version">Its version.</param>
/// <param name="Weights">Where its numbers come from; <c>random</c>: never trained, <c>partial</c>: not all trained. The scores mean nothing then.</param>
/// <param name="RandomTensors">With <c>partial</c>: the tensors that are random.</param>
/// <param name="Predictions">One for each image, in order.</param>
/// <param name="TimingMs">Where the time went.</param>
public sealed record PredictResponse(
    string Model,
    int Version,
    WeightsState Weights,
    IReadOnlyList<string>? RandomTensors,
    IReadOnlyList<PredictionResponse> Predictions,
    TimingResponse TimingMs
)
{
    internal static PredictResponse Create(PredictionResult result, int topK, ScoreKind scores) =>
        new(
            result.Source.Model,
            result.Source.Version,
            result.Source.Weights,
            ModelResponse.PartlyRandom(result.Source.Weights, result.Source.RandomTensors),
            [
                .. result.Outcomes.Select(outcome =>
                    PredictionResponse.Create(outcome, result.Source.Labels, topK, scores)
                ),
            ],
            TimingResponse.Create(result.Timing)
        );
}

/// <summary>The scores of one image, or why it has none.</summary>
/// <param name="Top">The best classes, best first.</param>
/// <param name="Probabilities">One for each class, in order; each from 0 to 1, together 1.</param>
/// <param name="Logits">The network's output, one for each class, in order.</param>
/// <param name="Error">Why this image could not be scored; the others are not touched by it.</param>
public sealed record PredictionResponse(
    IReadOnlyList<TopClassResponse>? Top,
    float[]? Probabilities,
    float[]? Logits,
    ImageErrorResponse? Error
)
{
    internal static PredictionResponse Create(
        Outcome<Scores> outcome,
        IReadOnlyList<string>? labels,
        int topK,
        ScoreKind kind
    )
    {
        if (!outcome.TryGet(out var scores, out var failure))
        {
            return new PredictionResponse(
                null,
                null,
                null,
                new ImageErrorResponse(ErrorTable.NameOf(failure.Code), failure.Detail)
            );
        }

        var best = Best(scores.Logits, Math.Min(topK, scores.Logits.Length));
        return new PredictionResponse(
            [.. best.Select(index => new TopClassResponse(index, labels?[index], scores.Probabilities[index]))],
            kind == ScoreKind.Probabilities ? scores.Probabilities : null,
            kind == ScoreKind.Logits ? scores.Logits : null,
            null
        );
    }

    // Where the largest are, the largest first; of equal ones the first.
    private static int[] Best(float[] logits, int count)
    {
        var least = new PriorityQueue<int, (float Logit, int Later)>(count);
        for (var index = 0; index < logits.Length; index++)
        {
            if (least.Count < count)
                least.Enqueue(index, (logits[index], -index));
            else
                least.EnqueueDequeue(index, (logits[index], -index));
        }

        var best = new int[count];
        for (var place = count - 1; place >= 0; place--)
            best[place] = least.Dequeue();
        return best;
    }
}

/// <summary>One of the best classes.</summary>
/// <param name="ClassIndex">Its place among the scores, from 0.</param>
/// <param name="Label">Its label, if the model has labels.</param>
/// <param name="Probability">From 0 to 1.</param>
public sealed record TopClassResponse(int ClassIndex, string? Label, float Probability);

/// <summary>Why an image could not be scored.</summary>
/// <param name="Code">What is wrong, for programs.</param>
/// <param name="Detail">What is wrong, for people.</param>
public sealed record ImageErrorResponse(string Code, string Detail);

/// <summary>Where the time went, in milliseconds.</summary>
/// <param name="Decode">Decoding and preprocessing of all images.</param>
/// <param name="Queue">Waiting for the model.</param>
/// <param name="Inference">Computing.</param>
/// <param name="BatchSize">Images computed together.</param>
public sealed record TimingResponse(double Decode, double Queue, double Inference, int BatchSize)
{
    internal static TimingResponse Create(PredictionTiming timing) =>
        new(Milliseconds(timing.Decode), Milliseconds(timing.Queue), Milliseconds(timing.Inference), timing.BatchSize);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 2);
}
