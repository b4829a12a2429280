using System.Text.Json.Serialization;
using ModelService.Api.Errors;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Prediction;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Api.Contracts;

/// <summary>The scores of all classes that an answer holds in addition to the best classes.</summary>
public enum ScoreKind
{
    /// <summary>Probabilities: the softmax of the network's output. Each is from 0 to 1, and their sum is 1.</summary>
    Probabilities,

    /// <summary>Logits: the network's output, unchanged.</summary>
    Logits,

    /// <summary>Only the best classes.</summary>
    None,
}

/// <summary>The predictions for the inputs of a request.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The number of the version that computed the scores.</param>
/// <param name="Weights">
/// Origin of the version's weights. With <c>random</c> none of them and with <c>partial</c> only some of them are
/// trained: the scores are then meaningless.
/// </param>
/// <param name="RandomTensors">With <c>partial</c>: the names of the tensors that are random.</param>
/// <param name="Predictions">One prediction for each image, in the order of the request.</param>
/// <param name="TimingMs">The time that the steps took, in milliseconds.</param>
public sealed record PredictResponse(
    string Model,
    int Version,
    WeightsState Weights,
    IReadOnlyList<string>? RandomTensors,
    IReadOnlyList<PredictionResponse> Predictions,
    TimingResponse TimingMs
)
{
    internal static PredictResponse Create(
        PredictionResult result,
        IReadOnlyList<PredictionInput> inputs,
        int topK,
        ScoreKind scores
    ) =>
        new(
            result.Source.Model,
            result.Source.Version,
            result.Source.Weights,
            ModelResponse.PartlyRandom(result.Source.Weights, result.Source.RandomTensors),
            [
                .. result.Outcomes.Select(
                    (outcome, index) =>
                        PredictionResponse.Create(outcome, result.Source.Labels, topK, scores) with
                        {
                            File = inputs[index].FileName,
                        }
                ),
            ],
            TimingResponse.Create(result.Timing)
        );
}

/// <summary>The scores of one image, or the error that it failed with.</summary>
/// <param name="Top">The best classes, best first.</param>
/// <param name="Probabilities">
/// One probability for each class, in the order of the classes. Each is from 0 to 1, and their sum is 1.
/// </param>
/// <param name="Logits">The network's output: one number for each class, in the order of the classes.</param>
/// <param name="Error">The error of this image. The other images are not affected by it.</param>
public sealed record PredictionResponse(
    IReadOnlyList<TopClassResponse>? Top,
    float[]? Probabilities,
    float[]? Logits,
    ImageErrorResponse? Error
)
{
    /// <summary>The name of the image's file in the form; absent for an input that is no file of a form.</summary>
    [JsonPropertyOrder(-1)]
    public string? File { get; init; }

    internal static PredictionResponse Create(
        Outcome<Scores> outcome,
        IReadOnlyList<string>? labels,
        int topK,
        ScoreKind kind
    )
    {
        if (!outcome.TryGet(out var scores, out var failure))
        {
            var error = new ImageErrorResponse(ErrorTable.NameOf(failure.Code), failure.Detail);
            return new PredictionResponse(Top: null, Probabilities: null, Logits: null, error);
        }

        var best = scores.FindBest(topK);
        return new PredictionResponse(
            [.. best.Select(index => new TopClassResponse(index, labels?[index], scores.Probabilities[index]))],
            kind == ScoreKind.Probabilities ? scores.Probabilities : null,
            kind == ScoreKind.Logits ? scores.Logits : null,
            Error: null
        );
    }
}

/// <summary>One of the best classes.</summary>
/// <param name="ClassIndex">The class's index among the scores, from 0.</param>
/// <param name="Label">The class's label; absent when the model has no labels.</param>
/// <param name="Probability">The class's probability, from 0 to 1.</param>
public sealed record TopClassResponse(int ClassIndex, string? Label, float Probability);

/// <summary>The error of an image that could not be scored.</summary>
/// <param name="Code">The error's code, for programs.</param>
/// <param name="Detail">A description of the error, for people.</param>
public sealed record ImageErrorResponse(string Code, string Detail);

/// <summary>The time that the steps of a prediction took, in milliseconds.</summary>
/// <param name="Decode">Decoding and preprocessing of all images.</param>
/// <param name="Queue">Waiting in the model's queue.</param>
/// <param name="Inference">Computing the batch.</param>
/// <param name="BatchSize">Number of inputs in that batch. They may come from several requests.</param>
public sealed record TimingResponse(double Decode, double Queue, double Inference, int BatchSize)
{
    internal static TimingResponse Create(PredictionTiming timing) =>
        new(Milliseconds(timing.Decode), Milliseconds(timing.Queue), Milliseconds(timing.Inference), timing.BatchSize);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 2);
}
