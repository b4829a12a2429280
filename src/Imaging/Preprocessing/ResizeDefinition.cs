using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModelService.Imaging.Preprocessing;

/// <summary>The size a picture is resized to: either <see cref="ShorterSide"/>, or <see cref="Height"/> and <see cref="Width"/>.</summary>
public sealed record ResizeDefinition
{
    /// <summary>The shorter side becomes this, in pixels; 1 to 65,535. The longer one keeps the proportions, rounded down.</summary>
    [Range(1, ImagingOptions.MaxSide)]
    [Description(
        "The shorter side becomes this, in pixels; the longer one keeps the proportions, rounded down. Not together with height and width."
    )]
    public int? ShorterSide { get; init; }

    /// <summary>The height becomes this, in pixels, whatever the proportions; 1 to 65,535. Needs <see cref="Width"/>.</summary>
    [Range(1, ImagingOptions.MaxSide)]
    [Description("The height becomes this, in pixels, whatever the proportions. Needs width.")]
    public int? Height { get; init; }

    /// <summary>The width becomes this, in pixels, whatever the proportions; 1 to 65,535. Needs <see cref="Height"/>.</summary>
    [Range(1, ImagingOptions.MaxSide)]
    [Description("The width becomes this, in pixels, whatever the proportions. Needs height.")]
    public int? Width { get; init; }
}
