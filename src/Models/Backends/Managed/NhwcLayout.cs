using ModelService.Models.Tensors;

namespace ModelService.Models.Backends.Managed;

/// <summary>How a picture lies in a buffer: pixel by pixel.</summary>
/// <param name="Channels">C.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
/// <param name="Stride">Numbers from one pixel to the next, at least C.</param>
internal readonly record struct NhwcLayout(int Channels, int Height, int Width, int Stride)
{
    /// <summary>Numbers of all pixels.</summary>
    public int Length => Height * Width * Stride;

    /// <summary>A picture of a shape.</summary>
    /// <param name="shape"><c>[C, H, W]</c>.</param>
    /// <param name="isPadded">Whether each pixel is filled up to whole vectors.</param>
    public static NhwcLayout From(Shape shape, bool isPadded = true) =>
        new(
            (int)shape.Sizes[0],
            (int)shape.Sizes[1],
            (int)shape.Sizes[2],
            isPadded ? SimdKernels.RoundUp((int)shape.Sizes[0]) : (int)shape.Sizes[0]
        );

    /// <summary>Writes <c>[C, H, W]</c> as such a picture.</summary>
    public void FromPlanes(ReadOnlySpan<float> planes, Span<float> to)
    {
        var plane = Height * Width;
        for (var pixel = 0; pixel < plane; pixel++)
        {
            var channels = to.Slice(pixel * Stride, Channels);
            for (var channel = 0; channel < channels.Length; channel++)
                channels[channel] = planes[(channel * plane) + pixel];
        }
    }

    /// <summary>Writes such a picture as <c>[C, H, W]</c>.</summary>
    public void ToPlanes(ReadOnlySpan<float> from, Span<float> planes)
    {
        var plane = Height * Width;
        for (var pixel = 0; pixel < plane; pixel++)
        {
            var channels = from.Slice(pixel * Stride, Channels);
            for (var channel = 0; channel < channels.Length; channel++)
                planes[(channel * plane) + pixel] = channels[channel];
        }
    }

    /// <summary>Writes such a picture into a larger one of zeros.</summary>
    public void CopyInto(NhwcLayout padded, int top, int left, ReadOnlySpan<float> from, Span<float> to)
    {
        to[..padded.Length].Clear();
        for (var y = 0; y < Height; y++)
        {
            var row = to[((((y + top) * padded.Width) + left) * padded.Stride)..];
            if (Stride == padded.Stride)
            {
                from.Slice(y * Width * Stride, Width * Stride).CopyTo(row);
                continue;
            }

            for (var x = 0; x < Width; x++)
            {
                var channels = from.Slice(((y * Width) + x) * Stride, Channels);
                for (var channel = 0; channel < channels.Length; channel++)
                    row[(x * padded.Stride) + channel] = channels[channel];
            }
        }
    }
}
