using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Resampling;

/// <summary>The resize and the centre crop of an upright picture, in pixels.</summary>
/// <param name="Across">The sizes along the width.</param>
/// <param name="Down">The sizes along the height.</param>
internal readonly record struct Geometry(Axis Across, Axis Down)
{
    /// <summary>Computes the sizes for a picture.</summary>
    /// <param name="definition">The preprocessing; its resize and crop are used.</param>
    /// <param name="width">Width of the upright picture, in pixels.</param>
    /// <param name="height">Height of the upright picture, in pixels.</param>
    /// <param name="maxPixels">Maximum number of pixels of the resized picture.</param>
    /// <exception cref="ImageException">The resized picture would be too large.</exception>
    public static Geometry Create(PreprocessingDefinition definition, int width, int height, long maxPixels)
    {
        (long resizedWidth, long resizedHeight) = definition.Resize switch
        {
            null => ((long)width, (long)height),
            { ShorterSide: { } side } when width <= height => (side, Longer(side, height, width)),
            { ShorterSide: { } side } => (Longer(side, width, height), side),
            var resize => (resize.Width!.Value, resize.Height!.Value),
        };
        PixelLimit.Check("The resized picture", resizedWidth, resizedHeight, maxPixels);
        return new Geometry(
            Axis.Create(width, (int)resizedWidth, definition.CenterCrop?.Width),
            Axis.Create(height, (int)resizedHeight, definition.CenterCrop?.Height)
        );
    }

    // int(side * longer / shorter) in torchvision, which divides in double precision.
    private static long Longer(int side, int longer, int shorter) => (long)((double)((long)side * longer) / shorter);
}
