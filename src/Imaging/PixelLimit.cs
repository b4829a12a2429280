using System.Globalization;

namespace ModelService.Imaging;

/// <summary>The one place that says how many pixels are too many.</summary>
internal static class PixelLimit
{
    // So that the bytes of a resize's rows can be counted with 32 bits, whatever the configured limit.
    private const long MaxWindow = 1 << 28;

    /// <summary>Refuses what is too large.</summary>
    /// <param name="subject">Whose size it is, as the sentence's start.</param>
    /// <param name="width">Its width, in pixels.</param>
    /// <param name="height">Its height, in pixels.</param>
    /// <param name="maxPixels">Most pixels.</param>
    public static void Check(string subject, long width, long height, long maxPixels)
    {
        if (width > ImagingOptions.MaxSide || height > ImagingOptions.MaxSide)
        {
            throw TooLarge(
                $"{subject} is {width}x{height} pixels; at most {ImagingOptions.MaxSide:N0} a side are taken."
            );
        }

        if (width * height > maxPixels)
        {
            throw TooLarge(
                $"{subject} is {width}x{height} pixels ({width * height:N0}); at most {maxPixels:N0} are taken."
            );
        }
    }

    /// <summary>Refuses a resize that would have to hold too much at once: many rows for one of the result, each much wider than before.</summary>
    /// <param name="rows">Rows it holds.</param>
    /// <param name="width">Their width, in pixels.</param>
    /// <param name="maxPixels">Most pixels.</param>
    public static void CheckWindow(long rows, long width, long maxPixels)
    {
        maxPixels = Math.Min(maxPixels, MaxWindow);
        if (rows * width > maxPixels)
        {
            throw TooLarge(
                $"The resize would hold {rows} rows of {width} pixels ({rows * width:N0}) at once; at most {maxPixels:N0} are taken."
            );
        }
    }

    private static ImageException TooLarge(FormattableString detail) =>
        new(ImageFault.TooLarge, detail.ToString(CultureInfo.InvariantCulture));
}
