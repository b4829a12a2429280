using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language;

/// <summary>The model that a client asks for when it creates one.</summary>
public sealed record ModelDefinition
{
    /// <summary>The model's name, which identifies it in every request.</summary>
    [Description(ModelReference.NameMeaning)]
    [RegularExpression(ModelReference.NamePattern)]
    public required string Name { get; init; }

    /// <summary>A predefined architecture's name, such as <c>resnet50</c>.</summary>
    [Description("A predefined architecture's name, such as \"resnet50\"; GET /v1/architectures lists them.")]
    public string? Base { get; init; }

    /// <summary>
    /// With a <see cref="Base"/> that has weights: whether the model begins with them. Its head is random.
    /// </summary>
    [Description(
        "With 'base': begin with the weights that come with it; the head is random. GET /v1/architectures lists the "
            + "architectures that have some."
    )]
    public bool Pretrained { get; init; }

    /// <summary>
    /// Instead of <see cref="Base"/>: a model to derive from, such as <c>pets@1</c>. The new model inherits its
    /// network, unless <see cref="Architecture"/> gives another; every tensor whose name and shape still fit; and the
    /// labels, preprocessing and device that are left out here.
    /// </summary>
    [Description(
        "Instead of 'base': a model to derive from, such as \"pets\" or \"pets@1\". The new model inherits every "
            + "tensor that still fits, and the network, unless 'architecture' gives another."
    )]
    [RegularExpression(ModelReference.Pattern)]
    public string? From { get; init; }

    /// <summary>
    /// With <see cref="Base"/> or <see cref="From"/>: the number of classes of the new head. The head is kept when this
    /// and <see cref="Head"/> are left out.
    /// </summary>
    [Description("With 'base' or 'from': the number of classes of the new head.")]
    [Range(1, 1_000_000)]
    public int? NumClasses { get; init; }

    /// <summary>
    /// With <see cref="Base"/> or <see cref="From"/>, instead of <see cref="NumClasses"/>: the layers that replace the
    /// head. Their keys begin with the head's key.
    /// </summary>
    [Description("With 'base' or 'from', instead of 'num_classes': the layers that replace the head.")]
    public IReadOnlyList<LayerDefinition>? Head { get; init; }

    /// <summary>
    /// Instead of <see cref="Base"/>: the whole network. With <see cref="From"/>: the changed network.
    /// </summary>
    [Description("Instead of 'base': the whole network. With 'from': the changed network.")]
    public ArchitectureDefinition? Architecture { get; init; }

    /// <summary>One label per class, in the order of the scores.</summary>
    [Description("One label per class, in the order of the scores.")]
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>How photos become the model's input.</summary>
    [Description(
        "\"imagenet\", \"unit\", \"raw\", \"imagenet_mean\" or an object. "
            + "By default that of a predefined architecture, else \"unit\"."
    )]
    public PreprocessingChoice? Preprocessing { get; init; }

    /// <summary>
    /// The device that the model runs on; null: the device of the model it derives from, else <c>auto</c>.
    /// </summary>
    [Description("\"auto\" (a GPU where there is one, the default), \"cpu\", \"cuda\" or \"cuda:N\".")]
    [RegularExpression("auto|cpu|cuda(:[0-9]{1,2})?")]
    public string? Device { get; init; }

    /// <summary>The number format the model computes in.</summary>
    [Description("The number format the model computes in.")]
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>The seed of random weights: the same seed gives the same weights.</summary>
    [Description("The seed of random weights: the same seed gives the same weights.")]
    public long? Seed { get; init; }

    /// <summary>
    /// Golden samples, at most 32: a version that does not reproduce them does not become the default. A new version
    /// without this property takes the samples of the default version; an empty list drops them.
    /// </summary>
    [Description(
        "Golden samples: a version that does not reproduce them does not become the default. "
            + "A new version without this property takes the samples of the default version; [] drops them."
    )]
    public IReadOnlyList<SampleDefinition>? Samples { get; init; }

    /// <summary>
    /// The preprocessing, or its default: that of a predefined architecture, else <c>unit</c>.
    /// </summary>
    internal PreprocessingChoice PreprocessingOrDefault =>
        Preprocessing
        ?? Architecture?.Preprocessing
        ?? (Base is null ? null : PredefinedArchitectures.Find(Base)?.Preprocessing)
        ?? new PreprocessingChoice(Base is null ? PreprocessingPreset.Unit : PreprocessingPreset.Imagenet, null);
}
