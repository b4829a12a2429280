using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Language.Layers;

namespace ModelService.Models.Language;

/// <summary>A network as its author wrote it: what goes in, and the layers it passes through.</summary>
public sealed record ArchitectureDefinition
{
    /// <summary>What goes in.</summary>
    [Description(
        "What goes in: {\"channels\", \"height\", \"width\"}, or {\"shape\": [...]} without the batch dimension."
    )]
    public required InputDefinition Input { get; init; }

    /// <summary>The layers, in order.</summary>
    [Description("The layers, in order."), MinLength(1)]
    public required IReadOnlyList<LayerDefinition> Layers { get; init; }

    /// <summary>Key of the layer that gives one score per class; null: the last one with weights.</summary>
    [Description(
        "Key of the layer that gives one score per class, such as \"classifier.1\". The last one with weights when left out."
    )]
    public string? HeadLayer { get; init; }
}
