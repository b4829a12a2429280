using System.Runtime.CompilerServices;

namespace ModelService.Models.Backends.Managed;

/// <summary>Reads a network's input, <c>[C, H, W]</c>, pixel by pixel, with zeros around it.</summary>
/// <param name="to">The place of the picture with the zeros.</param>
/// <param name="top">Rows of zeros above it, and below.</param>
/// <param name="left">Columns of zeros to its left, and to its right.</param>
internal sealed unsafe class FromPlanesStep(Place to, int top, int left) : Step
{
    /// <inheritdoc/>
    public override int Units => to.Layout.Height;

    /// <inheritdoc/>
    public override long Work => to.Layout.Length;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Compute(Frame frame, int first, int end)
    {
        unchecked
        {
            var layout = to.Layout;
            var (height, width) = (layout.Height - (2 * top), layout.Width - (2 * left));
            for (var y = first; y < end; y++)
            {
                var row = frame.At(to) + ((nint)y * layout.Width * layout.Stride);
                new Span<float>(row, layout.Width * layout.Stride).Clear();
                if (y < top || y >= top + height)
                    continue;
                for (var channel = 0; channel < layout.Channels; channel++)
                {
                    var plane = frame.Input + (((nint)channel * height) + y - top) * width;
                    var pixel = row + (left * layout.Stride) + channel;
                    for (var x = 0; x < width; x++)
                    {
                        *pixel = plane[x];
                        pixel += layout.Stride;
                    }
                }
            }
        }
    }
}

/// <summary>Gives a picture in the order <c>[C, H, W]</c>: as the network's output, or flattened.</summary>
/// <param name="from">The picture.</param>
/// <param name="to">The place of the flattened picture; null: the network's output.</param>
internal sealed unsafe class ToPlanesStep(Place from, Place? to) : Step
{
    /// <inheritdoc/>
    public override int Units => from.Layout.Channels;

    /// <inheritdoc/>
    public override long Work => from.Layout.Length;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Compute(Frame frame, int first, int end)
    {
        unchecked
        {
            nint pixels = from.Layout.Pixels;
            var output = (to is { } place ? frame.At(place) : frame.Output) + (first * pixels);
            for (var channel = first; channel < end; channel++)
            {
                var number = frame.At(from) + channel;
                for (nint i = 0; i < pixels; i++)
                {
                    *output++ = *number;
                    number += from.Layout.Stride;
                }
            }
        }
    }
}

/// <summary>Puts a picture into a larger one of zeros.</summary>
/// <param name="from">The picture.</param>
/// <param name="to">The larger one.</param>
/// <param name="top">Rows of zeros above it.</param>
/// <param name="left">Columns of zeros to its left.</param>
internal sealed unsafe class PadStep(Place from, Place to, int top, int left) : Step
{
    /// <inheritdoc/>
    public override int Units => to.Layout.Height;

    /// <inheritdoc/>
    public override long Work => to.Layout.Length;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Compute(Frame frame, int first, int end)
    {
        unchecked
        {
            nint pixel = to.Layout.Stride;
            for (var y = first; y < end; y++)
            {
                var row = new Span<float>(frame.At(to) + (y * to.Layout.Width * pixel), to.Layout.Width * (int)pixel);
                if (y < top || y >= top + from.Layout.Height)
                {
                    row.Clear();
                    continue;
                }

                var length = from.Layout.Width * (int)pixel;
                row[..(left * (int)pixel)].Clear();
                new Span<float>(frame.At(from) + ((y - top) * length), length).CopyTo(row[(left * (int)pixel)..]);
                row[((left * (int)pixel) + length)..].Clear();
            }
        }
    }
}
