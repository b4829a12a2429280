using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModelService.Imaging.Preprocessing;

/// <summary>The size of a crop around the picture's middle.</summary>
public sealed record CropDefinition
{
    /// <summary>Rows kept, in pixels; 1 to 65,535. A picture with fewer is padded with black.</summary>
    [Required, Range(1, ImagingOptions.MaxSide)]
    [Description("Rows kept, in pixels. A picture with fewer is padded with black.")]
    public required int Height { get; init; }

    /// <summary>Columns kept, in pixels; 1 to 65,535. A picture with fewer is padded with black.</summary>
    [Required, Range(1, ImagingOptions.MaxSide)]
    [Description("Columns kept, in pixels. A picture with fewer is padded with black.")]
    public required int Width { get; init; }
}
