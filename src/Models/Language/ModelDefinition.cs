using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Language.Layers;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language;

/// <summary>What a client asks for when it creates a model.</summary>
public sealed record ModelDefinition
{
    /// <summary>The model's name, by which everything asks for it.</summary>
    [Description("1 to 64 lower-case letters, digits, '.', '_' or '-'; begins and ends with a letter or digit.")]
    [RegularExpression(ModelReference.NamePattern)]
    public required string Name { get; init; }

    /// <summary>A predefined architecture's name, such as <c>resnet50</c>.</summary>
    [Description("A predefined architecture's name, such as \"resnet50\"; GET /v1/architectures lists them.")]
    public string? Base { get; init; }

    /// <summary>
    /// Instead of <see cref="Base"/>: a model to derive from, such as <c>pets@1</c>. It gives the network, unless <see cref="Architecture"/>
    /// does, every tensor whose name and shape still fit, and the labels, preprocessing and device that are left out here.
    /// </summary>
    [Description(
        "Instead of 'base': a model to derive from, such as \"pets\" or \"pets@1\". It gives every tensor that still fits; and the network, unless 'architecture' changes it."
    )]
    [RegularExpression(ModelReference.Pattern)]
    public string? From { get; init; }

    /// <summary>With <see cref="Base"/> or <see cref="From"/>: how many classes the head tells apart. As many as there when left out.</summary>
    [Description("With 'base' or 'from': how many classes the new head tells apart."), Range(1, 1_000_000)]
    public int? NumClasses { get; init; }

    /// <summary>With <see cref="Base"/> or <see cref="From"/>, instead of <see cref="NumClasses"/>: the layers that take the head's place, keyed under the head's key.</summary>
    [Description("With 'base' or 'from', instead of 'num_classes': the layers that take the head's place.")]
    public IReadOnlyList<LayerDefinition>? Head { get; init; }

    /// <summary>Instead of <see cref="Base"/>: the whole network. With <see cref="From"/>: the changed network.</summary>
    [Description("Instead of 'base': the whole network. With 'from': the changed network.")]
    public ArchitectureDefinition? Architecture { get; init; }

    /// <summary>One label per class, in order.</summary>
    [Description("One label per class, in the order of the scores.")]
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>How photos become the model's input.</summary>
    [Description(
        "\"imagenet\", \"unit\", \"raw\" or an object. By default \"imagenet\" for a predefined architecture, else \"unit\"."
    )]
    public PreprocessingChoice? Preprocessing { get; init; }

    /// <summary>Where the model runs; null: where the one it derives from does, else <c>auto</c>.</summary>
    [Description("\"auto\" (a GPU where there is one, the default), \"cpu\", \"cuda\" or \"cuda:N\".")]
    [RegularExpression("auto|cpu|cuda(:[0-9]{1,2})?")]
    public string? Device { get; init; }

    /// <summary>The number format it computes in.</summary>
    [Description("The number format the model computes in.")]
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>Makes random weights the same each time.</summary>
    [Description("Makes random weights the same each time.")]
    public long? Seed { get; init; }

    /// <summary>
    /// Golden samples, at most 32: a version that does not reproduce them does not become the default. A new version that brings none takes those of the
    /// default version; an empty list drops them.
    /// </summary>
    [Description(
        "Golden samples: a version that does not reproduce them does not become the default. A new version takes those of the default version; [] drops them."
    )]
    public IReadOnlyList<SampleDefinition>? Samples { get; init; }

    /// <summary>The preprocessing that is given, or else the one that goes with the network.</summary>
    internal PreprocessingChoice PreprocessingOrDefault =>
        Preprocessing
        ?? new PreprocessingChoice(Base is null ? PreprocessingPreset.Unit : PreprocessingPreset.Imagenet, null);
}
