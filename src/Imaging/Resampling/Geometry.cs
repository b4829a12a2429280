using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Resampling;

/// <summary>Which pixels of an upright picture end up where.</summary>
/// <param name="Across">Along its width.</param>
/// <param name="Down">Along its height.</param>
internal readonly record struct Geometry(Axis Across, Axis Down)
{
    /// <summary>Works out the sizes.</summary>
    /// <param name="definition">The resize and the crop.</param>
    /// <param name="width">Width of the upright picture, in pixels.</param>
    /// <param name="height">Height of the upright picture, in pixels.</param>
    /// <param name="maxPixels">Most pixels that the resized picture may have.</param>
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

    // torchvision's int(side * longer / shorter), which divides in double precision.
    private static long Longer(int side, int longer, int shorter) => (long)((double)((long)side * longer) / shorter);
}
