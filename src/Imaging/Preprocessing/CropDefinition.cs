using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModelService.Imaging.Preprocessing;

/// <summary>The size of a centre crop.</summary>
public sealed record CropDefinition
{
    /// <summary>Height of the crop, in pixels; 1 to 65,535. A picture with fewer rows is padded with black.</summary>
    [Required]
    [Range(1, ImagingOptions.MaxSide)]
    [Description("Height of the crop, in pixels. A picture with fewer rows is padded with black.")]
    public required int Height { get; init; }

    /// <summary>Width of the crop, in pixels; 1 to 65,535. A picture with fewer columns is padded with black.</summary>
    [Required]
    [Range(1, ImagingOptions.MaxSide)]
    [Description("Width of the crop, in pixels. A picture with fewer columns is padded with black.")]
    public required int Width { get; init; }
}
