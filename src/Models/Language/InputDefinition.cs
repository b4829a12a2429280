using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModelService.Models.Language;

/// <summary>
/// The shape of a network's input, without the batch dimension: a picture's three sizes, or any shape.
/// </summary>
public sealed record InputDefinition
{
    /// <summary>Channels of a picture: 3 for RGB, 1 for grayscale.</summary>
    [Description("Channels of a picture: 3 for RGB, 1 for grayscale.")]
    [Range(1, int.MaxValue)]
    public int? Channels { get; init; }

    /// <summary>Height of a picture, in pixels.</summary>
    [Description("Height of a picture, in pixels.")]
    [Range(1, int.MaxValue)]
    public int? Height { get; init; }

    /// <summary>Width of a picture, in pixels.</summary>
    [Description("Width of a picture, in pixels.")]
    [Range(1, int.MaxValue)]
    public int? Width { get; init; }

    /// <summary>The shape of an input that is not a picture: <c>[C, L]</c> or <c>[C, D, H, W]</c>.</summary>
    [Description(
        "Instead of the three sizes: the shape without the batch dimension, such as [2, 64] for a 1-D network."
    )]
    [Range(1, int.MaxValue)]
    [MinLength(1)]
    [MaxLength(4)]
    public IReadOnlyList<int>? Shape { get; init; }
}
