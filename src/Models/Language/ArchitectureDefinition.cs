using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Language.Layers;

namespace ModelService.Models.Language;

/// <summary>A network as its author wrote it: the shape of the input, and the layers.</summary>
public sealed record ArchitectureDefinition
{
    /// <summary>The shape of the input.</summary>
    [Description(
        "The shape of the input, without the batch dimension: "
            + "{\"channels\", \"height\", \"width\"}, or {\"shape\": [...]}."
    )]
    public required InputDefinition Input { get; init; }

    /// <summary>The layers, in order.</summary>
    [Description("The layers, in order.")]
    [MinLength(1)]
    public required IReadOnlyList<LayerDefinition> Layers { get; init; }

    /// <summary>Key of the layer that gives one score per class; null: the last layer with weights.</summary>
    [Description(
        "Key of the layer that gives one score per class, such as \"classifier.1\". "
            + "The last layer with weights when left out."
    )]
    public string? HeadLayer { get; init; }

    /// <summary>How photos become the input of models that don't say it themselves; null: <c>unit</c>.</summary>
    [Description(
        "How photos become the input, for models that don't say it themselves: as in a model's definition. "
            + "\"unit\" when left out."
    )]
    public PreprocessingChoice? Preprocessing { get; init; }
}
