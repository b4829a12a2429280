using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>What a phase has brought.</summary>
public sealed record PhaseFigures
{
    /// <summary>The phase.</summary>
    public required string Name { get; init; }

    /// <summary>Epochs; null for phases without.</summary>
    public double? Epochs { get; init; }

    /// <summary>Seconds that it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The log loss on the validation images.</summary>
    public double? ValLoss { get; init; }

    /// <summary>The share of the validation images that is right.</summary>
    public double? ValAccuracy { get; init; }

    /// <summary>Why it ended.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether its weights were better than those before.</summary>
    public required bool Kept { get; init; }
}

/// <summary>The figures of a result on the images of a split.</summary>
public sealed record SplitFigures
{
    /// <summary>The number of images.</summary>
    public required int Images { get; init; }

    /// <summary>The share whose highest score is that of their label.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The mean of the classes' F1.</summary>
    public required double MacroF1 { get; init; }

    /// <summary>The log loss.</summary>
    public required double LogLoss { get; init; }

    /// <summary>How far the probabilities are from the shares that are right; 15 bins.</summary>
    public required double ExpectedCalibrationError { get; init; }

    /// <summary>The log loss before the calibration; null without one.</summary>
    public double? UncalibratedLogLoss { get; init; }

    /// <summary>The calibration error before the calibration; null without one.</summary>
    public double? UncalibratedExpectedCalibrationError { get; init; }
}

/// <summary>The figures of a result.</summary>
public sealed record TrainingFigures
{
    /// <summary>Seconds of training.</summary>
    public required double Seconds { get; init; }

    /// <summary>Seconds of processors.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>Threads that computed.</summary>
    public required int Threads { get; init; }

    /// <summary>The device that computed.</summary>
    public required string Device { get; init; }

    /// <summary>What the head was divided by, to calibrate it; null when it was not.</summary>
    public double? Temperature { get; init; }

    /// <summary>What each phase has brought.</summary>
    public required IReadOnlyList<PhaseFigures> Phases { get; init; }

    /// <summary>What the user should know.</summary>
    public required IReadOnlyList<TrainingWarning> Warnings { get; init; }

    /// <summary>The number of training images.</summary>
    public required int Train { get; init; }

    /// <summary>The figures of a result on the images of a split.</summary>
    public SplitFigures? Val { get; init; }

    /// <summary>The figures of a result on the images of a split.</summary>
    public SplitFigures? Test { get; init; }
}

/// <summary>The course of a training.</summary>
public sealed record TrainingHistoryResponse
{
    /// <summary>The events of phases.</summary>
    public required IReadOnlyList<JsonNode?> Phases { get; init; }

    /// <summary>The events of epochs: losses and accuracies of training and validation.</summary>
    public required IReadOnlyList<JsonNode?> Epochs { get; init; }

    /// <summary>The events of steps, all or thinned.</summary>
    public required IReadOnlyList<JsonNode?> Steps { get; init; }

    /// <summary>The warnings.</summary>
    public required IReadOnlyList<JsonNode?> Warnings { get; init; }
}

/// <summary>The training that made the weights of a version.</summary>
public sealed record TrainingLineage
{
    /// <summary>The training's id.</summary>
    public required string Id { get; init; }

    /// <summary>The data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>Its revision.</summary>
    public required int Revision { get; init; }

    /// <summary>What was trained, such as <c>head</c>.</summary>
    public required string Method { get; init; }

    /// <summary>The seed of all that is random.</summary>
    public required long Seed { get; init; }

    /// <summary>The version of the server.</summary>
    public required string Code { get; init; }

    /// <summary>The number of training images.</summary>
    public required int Images { get; init; }

    /// <summary>Seconds of training.</summary>
    public required double Seconds { get; init; }

    /// <summary>Seconds of processors.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>
    /// Whether it may become the default version by itself. One that may not is used by its number, or when it is
    /// pinned.
    /// </summary>
    public required bool Promoted { get; init; }

    /// <summary>Why it may, or may not.</summary>
    public required string Reason { get; init; }

    /// <summary>The share of the validation images that it classifies right; null when there are none.</summary>
    public double? ValAccuracy { get; init; }

    /// <summary>The share of the test images that it classifies right; null when there are none.</summary>
    public double? TestAccuracy { get; init; }

    /// <summary>What the head was divided by, to calibrate it; null when it was not.</summary>
    public double? Temperature { get; init; }
}

/// <summary>Trainings.</summary>
public sealed record TrainingListResponse
{
    /// <summary>The trainings, newest first.</summary>
    public required IReadOnlyList<TrainingResponse> Trainings { get; init; }
}

/// <summary>A training.</summary>
public sealed record TrainingResponse
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The model that it makes a version of.</summary>
    public required string Model { get; init; }

    /// <summary>Where a training is on its way.</summary>
    public required RunState State { get; init; }

    /// <summary>The phase that it is in; null before the first one.</summary>
    public string? Phase { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it began; null: it has not.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended; null: it has not.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>The data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>The revision of the data set.</summary>
    public required int Revision { get; init; }

    /// <summary>The number of images of each split.</summary>
    public required IReadOnlyDictionary<string, int> Images { get; init; }

    /// <summary>The classes, in the order of the scores.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>What the training begins with, such as <c>pets@1</c> or <c>resnet18_mlnet</c>.</summary>
    public required string From { get; init; }

    /// <summary>What the client has asked for.</summary>
    public required IReadOnlyDictionary<string, JsonNode?> Definition { get; init; }

    /// <summary>The code of the failure; null: it has not failed.</summary>
    public string? Code { get; init; }

    /// <summary>Why it has ended so; null: it has not.</summary>
    public string? Reason { get; init; }

    /// <summary>How often its process was started again, after it crashed or the server was restarted.</summary>
    public required int Resumed { get; init; }

    /// <summary>The version that it has made; null: none yet.</summary>
    public int? Version { get; init; }

    /// <summary>Whether the version may become the default by itself; null: there is none yet.</summary>
    public bool? Promoted { get; init; }

    /// <summary>Why the version may become the default, or may not.</summary>
    public string? PromotedReason { get; init; }

    /// <summary>The figures of a result.</summary>
    public TrainingFigures? Result { get; init; }

    /// <summary>
    /// The last event of a step: phase, step of steps, epoch, loss, accuracy, learning rate, images per second,
    /// seconds so far, and seconds until the phase ends (<c>eta</c>). Null unless it runs.
    /// </summary>
    public IReadOnlyDictionary<string, JsonNode?>? Progress { get; init; }

    /// <summary>The epoch with the least validation loss so far. Null unless it runs.</summary>
    public IReadOnlyDictionary<string, JsonNode?>? BestSoFar { get; init; }
}

/// <summary>Where a training, or a quantization in the background, is on its way.</summary>
[JsonConverter(typeof(WireEnumConverter<RunState>))]
public enum RunState
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>queued</c>.</summary>
    Queued,

    /// <summary>The value <c>running</c>.</summary>
    Running,

    /// <summary>The value <c>succeeded</c>.</summary>
    Succeeded,

    /// <summary>The value <c>failed</c>.</summary>
    Failed,

    /// <summary>The value <c>cancelled</c>.</summary>
    Cancelled,
}

/// <summary>What the user should know of a run.</summary>
public sealed record TrainingWarning
{
    /// <summary>A code for programs.</summary>
    public required string Code { get; init; }

    /// <summary>A sentence for people.</summary>
    public required string Message { get; init; }
}
