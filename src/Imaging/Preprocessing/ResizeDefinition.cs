using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModelService.Imaging.Preprocessing;

/// <summary>
/// The size of a picture after the resize: either <see cref="ShorterSide"/>, or <see cref="Height"/> and
/// <see cref="Width"/>.
/// </summary>
public sealed record ResizeDefinition
{
    /// <summary>
    /// Length of the shorter side, in pixels; 1 to 65,535. The longer side keeps the proportions, rounded down. Not
    /// together with <see cref="Height"/> and <see cref="Width"/>.
    /// </summary>
    [Range(1, ImagingOptions.MaxSide)]
    [Description(
        "Length of the shorter side, in pixels. The longer side keeps the proportions, rounded down. "
            + "Not together with height and width."
    )]
    public int? ShorterSide { get; init; }

    /// <summary>Height, in pixels; 1 to 65,535. Needs <see cref="Width"/>; proportions are not kept.</summary>
    [Range(1, ImagingOptions.MaxSide)]
    [Description("Height, in pixels. Needs width; proportions are not kept.")]
    public int? Height { get; init; }

    /// <summary>Width, in pixels; 1 to 65,535. Needs <see cref="Height"/>; proportions are not kept.</summary>
    [Range(1, ImagingOptions.MaxSide)]
    [Description("Width, in pixels. Needs height; proportions are not kept.")]
    public int? Width { get; init; }
}
