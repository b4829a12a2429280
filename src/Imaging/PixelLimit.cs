using System.Globalization;

namespace ModelService.Imaging;

/// <summary>Rejects pictures and resizes with too many pixels.</summary>
internal static class PixelLimit
{
    // Keeps the bytes of the rows that a resize holds below 2^31, whatever the configured limit.
    private const long MaxWindow = 1 << 28;

    /// <summary>Rejects a picture that has too many pixels, or too long a side.</summary>
    /// <param name="subject">The start of the error message, such as <c>The resized picture</c>.</param>
    /// <param name="width">Width, in pixels.</param>
    /// <param name="height">Height, in pixels.</param>
    /// <param name="maxPixels">Maximum number of pixels, width times height.</param>
    /// <exception cref="ImageException"><see cref="ImageFault.TooLarge"/>.</exception>
    public static void Check(string subject, long width, long height, long maxPixels)
    {
        if (width > ImagingOptions.MaxSide || height > ImagingOptions.MaxSide)
        {
            throw TooLarge(
                $"{subject} is {width}x{height} pixels; at most {ImagingOptions.MaxSide:N0} per side are allowed."
            );
        }

        if (width * height > maxPixels)
        {
            throw TooLarge(
                $"{subject} is {width}x{height} pixels ({width * height:N0}); at most {maxPixels:N0} are allowed."
            );
        }
    }

    /// <summary>
    /// Rejects a resize that would hold too many pixels at once: one that needs many source rows for each row of the
    /// result, and widens them.
    /// </summary>
    /// <param name="rows">Number of rows held at once.</param>
    /// <param name="width">Width of these rows, in pixels.</param>
    /// <param name="maxPixels">Maximum number of pixels, rows times width.</param>
    /// <exception cref="ImageException"><see cref="ImageFault.TooLarge"/>.</exception>
    public static void CheckWindow(long rows, long width, long maxPixels)
    {
        maxPixels = Math.Min(maxPixels, MaxWindow);
        var pixels = rows * width;
        if (pixels > maxPixels)
        {
            throw TooLarge(
                $"The resize holds {rows} rows of {width} pixels ({pixels:N0}); at most {maxPixels:N0} are allowed."
            );
        }
    }

    /// <summary>Rejects pictures that have too many pixels together.</summary>
    /// <param name="count">Number of pictures.</param>
    /// <param name="pixels">Number of their pixels.</param>
    /// <param name="maxPixels">Maximum number of pixels.</param>
    /// <exception cref="ImageException"><see cref="ImageFault.TooLarge"/>.</exception>
    public static void CheckTogether(int count, long pixels, long maxPixels)
    {
        if (pixels > maxPixels)
        {
            throw TooLarge(
                $"The {count} pictures have {pixels:N0} pixels together; at most {maxPixels:N0} are allowed."
            );
        }
    }

    private static ImageException TooLarge(FormattableString detail) =>
        new(ImageFault.TooLarge, detail.ToString(CultureInfo.InvariantCulture));
}
