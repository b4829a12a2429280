using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Imaging.Augmentation;
using ModelService.Models.Language;
using ModelService.Models.Training.Optimization;

namespace ModelService.Models.Training;

/// <summary>The training that a client asks for: photos, a network to begin with, a method and its limits.</summary>
public sealed record TrainingDefinition
{
    /// <summary>Name of the data set.</summary>
    [Description("Name of the data set.")]
    [RegularExpression(ModelReference.NamePattern)]
    public required string Dataset { get; init; }

    /// <summary>Revision of the data set; null: the newest.</summary>
    [Description("Revision of the data set; by default the newest one.")]
    [Range(1, int.MaxValue)]
    public int? Revision { get; init; }

    /// <summary>
    /// What the training begins with; null: the model's default version, or for a new model the pretrained base of this
    /// server.
    /// </summary>
    [Description(
        "What the training begins with. By default the model's default version; for a new model, the base with "
            + "pretrained weights."
    )]
    public TrainingOrigin? From { get; init; }

    /// <summary>What is trained.</summary>
    [Description(
        "\"head\": the last layer, from features that are computed once. \"last_stage\": the layers after the last "
            + "reduction of the picture, too. \"all\": the head, then every layer. \"scratch\": all, from random "
            + "weights. \"auto\": the head, then more while time is left and it helps."
    )]
    public TrainingMethod Method { get; init; } = TrainingMethod.Auto;

    /// <summary>When the training ends at the latest; null: after 300 seconds.</summary>
    [Description("When the training ends at the latest; by default after 300 seconds.")]
    public TrainingBudget? Budget { get; init; }

    /// <summary>How images without a split are divided.</summary>
    [Description("How images that were uploaded without a split are divided.")]
    public SplitDefinition? Split { get; init; }

    /// <summary>
    /// How pictures are changed at random; null: <c>light</c> for inputs of 96 pixels and more, else <c>none</c>.
    /// </summary>
    [Description(
        "How pictures are changed at random: \"none\", \"light\", \"strong\", \"characters\" or an object. By default "
            + "\"light\" for inputs of 96 pixels and more, else \"none\"."
    )]
    public AugmentationDefinition? Augment { get; init; }

    /// <summary>How weights follow gradients; null: by the method.</summary>
    [Description("How weights follow gradients; by default adamw with a rate for the method. Not used by \"head\".")]
    public OptimizerDefinition? Optimizer { get; init; }

    /// <summary>The learning rate over time; null: by the method.</summary>
    [Description("The learning rate over time; by default \"one_cycle\" from scratch, else \"cosine\".")]
    public ScheduleDefinition? Schedule { get; init; }

    /// <summary>Images of a batch; null: 32 to fine-tune, 64 or 128 from scratch.</summary>
    [Description("Images of a batch; by default 32 to fine-tune, and 64 or 128 from scratch.")]
    [Range(1, 4096)]
    public int? BatchSize { get; init; }

    /// <summary>The share of the loss that asks for equal scores; null: 0.1 to fine-tune, 0 from scratch.</summary>
    [Description("Label smoothing; by default 0.1 to fine-tune, 0 from scratch.")]
    [Range(0.0, 0.9)]
    public double? LabelSmoothing { get; init; }

    /// <summary>Whether rare classes count as much as frequent ones.</summary>
    [Description("\"balanced\": rare classes count as much as frequent ones (at most 10 times). \"none\": images do.")]
    public ClassWeighting ClassWeights { get; init; } = ClassWeighting.Balanced;

    /// <summary>The greatest L2 norm of all gradients; null: 1 to fine-tune, no limit from scratch.</summary>
    [Description("The greatest L2 norm of all gradients together; by default 1 to fine-tune, no limit from scratch.")]
    [Range(1e-6, 1e6)]
    public double? ClipNorm { get; init; }

    /// <summary>Decay of a moving average of the weights, which is then the result; 0: none.</summary>
    [Description("Decay of a moving average of the weights, which is then the result; 0: none. By default 0.")]
    [Range(0.0, 0.9999)]
    public double EmaDecay { get; init; }

    /// <summary>Epochs without a better validation loss after which a phase ends; null: by the method.</summary>
    [Description(
        "Epochs without a better validation loss after which a phase ends; by default 5 to fine-tune; from scratch, a "
            + "third of the epochs, at least 10."
    )]
    [Range(1, 1_000_000)]
    public int? Patience { get; init; }

    /// <summary>The seed of all that is random: the same seed, machine and threads give the same weights.</summary>
    [Description("The seed of all that is random: with the same machine, threads and epochs, it gives the same bits.")]
    public long Seed { get; init; } = 1;

    /// <summary>When the result becomes the model's default version.</summary>
    [Description("When the result becomes the model's default version.")]
    public PromoteDefinition? Promote { get; init; }
}

/// <summary>What is trained.</summary>
public enum TrainingMethod
{
    /// <summary>The head, then more of the network while time is left and it helps.</summary>
    Auto,

    /// <summary>The last layer, from features that are computed once.</summary>
    Head,

    /// <summary>The head, and then the layers after the last reduction of the picture.</summary>
    LastStage,

    /// <summary>The head, and then every layer.</summary>
    All,

    /// <summary>Every layer, from random weights.</summary>
    Scratch,
}

/// <summary>How classes with different numbers of images count.</summary>
public enum ClassWeighting
{
    /// <summary>Each class counts the same: n / (K · n_c), at most 10.</summary>
    Balanced,

    /// <summary>Each image counts the same.</summary>
    None,
}

/// <summary>
/// The network and weights that a training begins with: a version of the model, or as for a new model.
/// </summary>
public sealed record TrainingOrigin
{
    /// <summary>A version of the model that is trained.</summary>
    [Description("A version of the model that is trained.")]
    [Range(1, int.MaxValue)]
    public int? Version { get; init; }

    /// <summary>Another model, such as <c>pets@1</c>.</summary>
    [Description("Another model to begin with, such as \"pets\" or \"pets@1\".")]
    [RegularExpression(ModelReference.Pattern)]
    public string? Model { get; init; }

    /// <summary>A predefined architecture.</summary>
    [Description("A predefined architecture, such as \"resnet18\"; with \"pretrained\", its weights.")]
    public string? Base { get; init; }

    /// <summary>Whether the base brings its weights; null: if it has any.</summary>
    [Description("With 'base': whether it brings its weights; by default if it has any.")]
    public bool? Pretrained { get; init; }

    /// <summary>A network of one's own, which begins with random weights.</summary>
    [Description("A network of one's own, which begins with random weights.")]
    public ArchitectureDefinition? Architecture { get; init; }

    /// <summary>How photos become the network's input.</summary>
    [Description("How photos become the network's input; as of a new model.")]
    public PreprocessingChoice? Preprocessing { get; init; }
}

/// <summary>When a training ends at the latest.</summary>
public sealed record TrainingBudget
{
    /// <summary>Seconds of training, from its start to its result.</summary>
    [Description("Seconds of training, from its start to its result.")]
    [Range(1, 10_000_000)]
    public double? Seconds { get; init; }

    /// <summary>How often each image is seen in a phase.</summary>
    [Description("How often each image is seen in a phase.")]
    [Range(1, 1_000_000)]
    public int? Epochs { get; init; }
}

/// <summary>How images that were uploaded without a split are divided.</summary>
public sealed record SplitDefinition
{
    /// <summary>The share that validates, where no image was uploaded for that.</summary>
    [Description("The share of each class that validates, where no image was uploaded as \"val\".")]
    [Range(0.0, 0.9)]
    public double Val { get; init; } = 0.2;

    /// <summary>The share that is kept for tests, where no image was uploaded for that.</summary>
    [Description("The share of each class that is kept for tests, where no image was uploaded as \"test\".")]
    [Range(0.0, 0.9)]
    public double Test { get; init; }

    /// <summary>Seed of the division; null: 0, so that trainings share it.</summary>
    [Description("Seed of the division, which all trainings share by default.")]
    public int Seed { get; init; }
}

/// <summary>When a result becomes the default version. It is kept as a version in any case.</summary>
public sealed record PromoteDefinition
{
    /// <summary>Least figures on the validation images.</summary>
    [Description("Least figures on the validation images.")]
    public PromoteFigures? AtLeast { get; init; }

    /// <summary>
    /// The version that the result must not be worse than, on the same images: <c>default</c>, or <c>none</c>.
    /// </summary>
    [Description("\"default\": not worse than the default version on the same images (McNemar's test). \"none\".")]
    public PromoteRival NotWorseThan { get; init; } = PromoteRival.Default;
}

/// <summary>Least figures of a result.</summary>
public sealed record PromoteFigures
{
    /// <summary>The share of images whose highest score is that of their label.</summary>
    [Description("The share of images whose highest score is that of their label.")]
    [Range(0.0, 1.0)]
    public double? Accuracy { get; init; }

    /// <summary>The mean of the classes' F1.</summary>
    [Description("The mean of the classes' F1.")]
    [Range(0.0, 1.0)]
    public double? MacroF1 { get; init; }
}

/// <summary>The version that a result is compared with.</summary>
public enum PromoteRival
{
    /// <summary>The model's default version.</summary>
    Default,

    /// <summary>None.</summary>
    None,
}
