using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>How classes with different numbers of images count.</summary>
[JsonConverter(typeof(WireEnumConverter<ClassWeighting>))]
public enum ClassWeighting
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>balanced</c>.</summary>
    Balanced,

    /// <summary>The value <c>none</c>.</summary>
    None,
}

/// <summary>When a result becomes the default version. It is kept as a version in any case.</summary>
public sealed record PromoteDefinition
{
    /// <summary>Least figures of a result.</summary>
    public PromoteFigures? AtLeast { get; init; }

    /// <summary>The version that a result is compared with.</summary>
    public PromoteRival? NotWorseThan { get; init; }
}

/// <summary>Least figures of a result.</summary>
public sealed record PromoteFigures
{
    /// <summary>The share of images whose highest score is that of their label.</summary>
    public double? Accuracy { get; init; }

    /// <summary>The mean of the classes' F1.</summary>
    public double? MacroF1 { get; init; }
}

/// <summary>The version that a result is compared with.</summary>
[JsonConverter(typeof(WireEnumConverter<PromoteRival>))]
public enum PromoteRival
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>default</c>.</summary>
    Default,

    /// <summary>The value <c>none</c>.</summary>
    None,
}

/// <summary>How images that were uploaded without a split are divided.</summary>
public sealed record SplitDefinition
{
    /// <summary>The share that validates, where no image was uploaded for that.</summary>
    public double? Val { get; init; }

    /// <summary>The share that is kept for tests, where no image was uploaded for that.</summary>
    public double? Test { get; init; }

    /// <summary>Seed of the division; null: 0, so that trainings share it.</summary>
    public int? Seed { get; init; }
}

/// <summary>When a training ends at the latest.</summary>
public sealed record TrainingBudget
{
    /// <summary>Seconds of training, from its start to its result.</summary>
    public double? Seconds { get; init; }

    /// <summary>How often each image is seen in a phase.</summary>
    public int? Epochs { get; init; }
}

/// <summary>The training that a client asks for: photos, a network to begin with, a method and its limits.</summary>
public sealed record TrainingDefinition
{
    /// <summary>Name of the data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>Revision of the data set; null: the newest.</summary>
    public int? Revision { get; init; }

    /// <summary>
    /// The network and weights that a training begins with: a version of the model, or as for a new model.
    /// </summary>
    public TrainingOrigin? From { get; init; }

    /// <summary>What is trained.</summary>
    public TrainingMethod? Method { get; init; }

    /// <summary>When a training ends at the latest.</summary>
    public TrainingBudget? Budget { get; init; }

    /// <summary>How images that were uploaded without a split are divided.</summary>
    public SplitDefinition? Split { get; init; }

    /// <summary>
    /// How a picture is changed at random each time that it is trained on, as torchvision's transforms do it. The
    /// steps, in this order: crop and resize, flip, change the colours, blur, turn, normalise, erase.
    /// </summary>
    public AugmentationDefinition? Augment { get; init; }

    /// <summary>How weights follow gradients. The names and defaults are PyTorch's, unless said otherwise.</summary>
    public OptimizerDefinition? Optimizer { get; init; }

    /// <summary>
    /// The learning rate of each step, as a closed form of the step's number: nothing needs to be stored to continue.
    /// </summary>
    public ScheduleDefinition? Schedule { get; init; }

    /// <summary>Images of a batch; null: 32 to fine-tune, 64 or 128 from scratch.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The share of the loss that asks for equal scores; null: 0.1 to fine-tune, 0 from scratch.</summary>
    public double? LabelSmoothing { get; init; }

    /// <summary>How classes with different numbers of images count.</summary>
    public ClassWeighting? ClassWeights { get; init; }

    /// <summary>The greatest L2 norm of all gradients; null: 1 to fine-tune, no limit from scratch.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Decay of a moving average of the weights, which is then the result; 0: none.</summary>
    public double? EmaDecay { get; init; }

    /// <summary>Epochs without a better validation loss after which a phase ends; null: 5.</summary>
    public int? Patience { get; init; }

    /// <summary>The seed of all that is random: the same seed, machine and threads give the same weights.</summary>
    public long? Seed { get; init; }

    /// <summary>When a result becomes the default version. It is kept as a version in any case.</summary>
    public PromoteDefinition? Promote { get; init; }
}

/// <summary>What is trained.</summary>
[JsonConverter(typeof(WireEnumConverter<TrainingMethod>))]
public enum TrainingMethod
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>auto</c>.</summary>
    Auto,

    /// <summary>The value <c>head</c>.</summary>
    Head,

    /// <summary>The value <c>last_stage</c>.</summary>
    LastStage,

    /// <summary>The value <c>all</c>.</summary>
    All,

    /// <summary>The value <c>scratch</c>.</summary>
    Scratch,
}

/// <summary>
/// The network and weights that a training begins with: a version of the model, or as for a new model.
/// </summary>
public sealed record TrainingOrigin
{
    /// <summary>A version of the model that is trained.</summary>
    public int? Version { get; init; }

    /// <summary>Another model, such as <c>pets@1</c>.</summary>
    public string? Model { get; init; }

    /// <summary>A predefined architecture.</summary>
    public string? Base { get; init; }

    /// <summary>Whether the base brings its weights; null: if it has any.</summary>
    public bool? Pretrained { get; init; }

    /// <summary>A network as its author wrote it: the shape of the input, and the layers.</summary>
    public ArchitectureDefinition? Architecture { get; init; }

    /// <summary>How photos become the network's input.</summary>
    public JsonNode? Preprocessing { get; init; }
}
