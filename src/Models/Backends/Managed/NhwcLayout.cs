using ModelService.Models.Tensors;

namespace ModelService.Models.Backends.Managed;

/// <summary>The layout of a picture in a buffer: pixel by pixel.</summary>
/// <param name="Channels">Number of channels, C.</param>
/// <param name="Height">Height, H.</param>
/// <param name="Width">Width, W.</param>
/// <param name="Stride">Numbers from one pixel to the next, at least C.</param>
internal readonly record struct NhwcLayout(int Channels, int Height, int Width, int Stride)
{
    /// <summary>Numbers in the buffer, padding of channels included.</summary>
    public int Length => Height * Width * Stride;

    /// <summary>The layout of a picture of a given shape.</summary>
    /// <param name="shape"><c>[C, H, W]</c>.</param>
    /// <param name="isPadded">Whether the channels of each pixel are padded to whole vectors.</param>
    public static NhwcLayout From(Shape shape, bool isPadded = true) =>
        new(
            (int)shape.Sizes[0],
            (int)shape.Sizes[1],
            (int)shape.Sizes[2],
            isPadded ? SimdKernels.RoundUp((int)shape.Sizes[0]) : (int)shape.Sizes[0]
        );

    /// <summary>Copies a picture from the layout <c>[C, H, W]</c> into this one.</summary>
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

    /// <summary>Copies a picture from this layout into <c>[C, H, W]</c>.</summary>
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

    /// <summary>Copies a picture from this layout into a larger one of zeros.</summary>
    /// <param name="padded">Layout of the larger picture.</param>
    /// <param name="top">Rows of zeros above the picture.</param>
    /// <param name="left">Columns of zeros to the left of the picture.</param>
    /// <param name="from">The picture.</param>
    /// <param name="to">Receives the larger picture.</param>
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
