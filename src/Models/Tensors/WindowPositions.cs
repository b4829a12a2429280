namespace ModelService.Models.Tensors;

/// <summary>The places of two tokens in a window, relative to each other, as torchvision counts them.</summary>
/// <remarks>Source: Liu et al. 2021, arXiv:2103.14030; torchvision's swin_transformer.py.</remarks>
public static class WindowPositions
{
    /// <summary>
    /// For each query and each key, the row of the bias table: <c>(Δy + h - 1) · (2 w - 1) + Δx + w - 1</c>.
    /// </summary>
    /// <param name="height">Height of the window, in tokens.</param>
    /// <param name="width">Width of the window, in tokens.</param>
    /// <returns>Query by query, <c>(height · width)²</c> numbers.</returns>
    public static long[] Index(long height, long width)
    {
        var count = height * width;
        var index = new long[count * count];
        for (long query = 0; query < count; query++)
        {
            for (long key = 0; key < count; key++)
            {
                var (down, right) = ((query / width) - (key / width), (query % width) - (key % width));
                index[(query * count) + key] = ((down + height - 1) * ((2 * width) - 1)) + right + width - 1;
            }
        }

        return index;
    }

    /// <summary>
    /// The distances in a window, from -8 to 8 on a logarithmic scale: <c>[2 h - 1, 2 w - 1, 2]</c>, row by row.
    /// </summary>
    /// <param name="height">Height of the window, in tokens; at least 2.</param>
    /// <param name="width">Width of the window, in tokens; at least 2.</param>
    /// <remarks>
    /// In float32, operation by operation, so that the numbers are PyTorch's. Source: arXiv:2111.09883.
    /// </remarks>
    public static float[] Coordinates(long height, long width)
    {
        var numbers = new List<float>();
        for (var down = 1 - height; down < height; down++)
        {
            for (var right = 1 - width; right < width; right++)
            {
                numbers.Add(Logarithmic(down / (float)(height - 1)));
                numbers.Add(Logarithmic(right / (float)(width - 1)));
            }
        }

        return [.. numbers];
    }

    private static float Logarithmic(float distance) =>
        MathF.Sign(distance) * MathF.Log2(MathF.Abs(distance * 8) + 1) / 3;

    /// <summary>
    /// What is added where a window of a rolled picture holds tokens that were not neighbours: -100, else 0.
    /// </summary>
    /// <param name="picture">Height and width of the picture.</param>
    /// <param name="window">Height and width of a window; they divide those of the picture.</param>
    /// <param name="shift">How far the picture was rolled; 0 in a dimension that was not.</param>
    /// <returns>Window by window, query by query.</returns>
    public static float[] Mask(
        (long Height, long Width) picture,
        (long Height, long Width) window,
        (long Height, long Width) shift
    )
    {
        const float Apart = -100;
        var count = window.Height * window.Width;
        var mask = new List<float>();
        for (long top = 0; top < picture.Height; top += window.Height)
        {
            for (long left = 0; left < picture.Width; left += window.Width)
            {
                long[] regions =
                [
                    .. Enumerable
                        .Range(0, (int)count)
                        .Select(place =>
                            (3 * Region(top + (place / window.Width), picture.Height, window.Height, shift.Height))
                            + Region(left + (place % window.Width), picture.Width, window.Width, shift.Width)
                        ),
                ];
                mask.AddRange(regions.SelectMany(query => regions.Select(key => query == key ? 0 : Apart)));
            }
        }

        return [.. mask];
    }

    // The part of the picture before it was rolled: 0 for what stayed together, 1 and 2 for the last window's parts.
    private static long Region(long place, long side, long window, long shift) =>
        shift == 0 || place < side - window ? 0
        : place < side - shift ? 1
        : 2;
}
