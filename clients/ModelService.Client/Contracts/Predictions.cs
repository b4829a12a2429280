using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>The error of an image that could not be scored.</summary>
public sealed record ImageErrorResponse
{
    /// <summary>The error's code, for programs.</summary>
    public required string Code { get; init; }

    /// <summary>A description of the error, for people.</summary>
    public required string Detail { get; init; }
}

/// <summary>The inputs of a prediction as JSON: either images or tensors.</summary>
public sealed record PredictBody
{
    /// <summary>The images' bytes, in base64.</summary>
    public IReadOnlyList<string>? Images { get; init; }

    /// <summary>The model's inputs. They are not preprocessed.</summary>
    public IReadOnlyList<TensorBody>? Tensors { get; init; }
}

/// <summary>The predictions for the inputs of a request.</summary>
public sealed record PredictResponse
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The number of the version that computed the scores.</summary>
    public required int Version { get; init; }

    /// <summary>The origin of a model's weights.</summary>
    public required WeightsState Weights { get; init; }

    /// <summary>With <c>partial</c>: the names of the tensors that are random.</summary>
    public IReadOnlyList<string>? RandomTensors { get; init; }

    /// <summary>One prediction for each image, in the order of the request.</summary>
    public required IReadOnlyList<PredictionResponse> Predictions { get; init; }

    /// <summary>The time that the steps of a prediction took, in milliseconds.</summary>
    public required TimingResponse TimingMs { get; init; }
}

/// <summary>The scores of one image, or the error that it failed with.</summary>
public sealed record PredictionResponse
{
    /// <summary>The best classes, best first.</summary>
    public IReadOnlyList<TopClassResponse>? Top { get; init; }

    /// <summary>
    /// One probability for each class, in the order of the classes. Each is from 0 to 1, and their sum is 1.
    /// </summary>
    public IReadOnlyList<float>? Probabilities { get; init; }

    /// <summary>The network's output: one number for each class, in the order of the classes.</summary>
    public IReadOnlyList<float>? Logits { get; init; }

    /// <summary>The error of an image that could not be scored.</summary>
    public ImageErrorResponse? Error { get; init; }

    /// <summary>The name of the image's file in the form; absent for an input that is no file of a form.</summary>
    public string? File { get; init; }
}

/// <summary>The scores of all classes that an answer holds in addition to the best classes.</summary>
[JsonConverter(typeof(WireEnumConverter<ScoreKind>))]
public enum ScoreKind
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>probabilities</c>.</summary>
    Probabilities,

    /// <summary>The value <c>logits</c>.</summary>
    Logits,

    /// <summary>The value <c>none</c>.</summary>
    None,
}

/// <summary>The time that the steps of a prediction took, in milliseconds.</summary>
public sealed record TimingResponse
{
    /// <summary>Decoding and preprocessing of all images.</summary>
    public required double Decode { get; init; }

    /// <summary>Waiting in the model's queue.</summary>
    public required double Queue { get; init; }

    /// <summary>Computing the batch.</summary>
    public required double Inference { get; init; }

    /// <summary>Number of inputs in that batch. They may come from several requests.</summary>
    public required int BatchSize { get; init; }
}

/// <summary>One of the best classes.</summary>
public sealed record TopClassResponse
{
    /// <summary>The class's index among the scores, from 0.</summary>
    public required int ClassIndex { get; init; }

    /// <summary>The class's label; absent when the model has no labels.</summary>
    public string? Label { get; init; }

    /// <summary>The class's probability, from 0 to 1.</summary>
    public required float Probability { get; init; }
}
