using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Resampling;

namespace ModelService.Imaging.Augmentation;

/// <summary>Cuts a box out of a picture, then resizes it; nothing outside of the box is seen.</summary>
internal static class ResizedCrop
{
    /// <summary>Cuts and resizes.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="box">The box.</param>
    /// <param name="height">Height of the result, in pixels.</param>
    /// <param name="width">Width of the result, in pixels.</param>
    /// <param name="interpolation">The interpolation.</param>
    /// <param name="target">Receives the result.</param>
    public static void Run(
        Bitmap picture,
        PixelBox box,
        int height,
        int width,
        Interpolation interpolation,
        Span<byte> target
    )
    {
        var channels = picture.Channels;
        var source = picture.Pixels.Span;
        using var columns = ResampleCoefficients.Create(Axis.Create(box.Width, width, null), interpolation);
        using var rows = ResampleCoefficients.Create(Axis.Create(box.Height, height, null), interpolation);
        using var window = new RowWindow(rows, width * channels);
        var next = 0;
        for (var y = rows.SourceBegin; y < rows.SourceEnd; y++)
        {
            var start = (((box.Top + y) * picture.Width) + box.Left) * channels;
            Convolution.Across(source.Slice(start, box.Width * channels), channels, columns, window.Row(y));
            for (; next < rows.Length && rows.End(next) == y + 1; next++)
                window.Resize(next)[..(width * channels)].CopyTo(target[(next * width * channels)..]);
        }
    }
}
