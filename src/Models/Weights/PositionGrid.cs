using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>
/// Position embeddings for another number of places: the vectors are a square grid, which is resized, with vectors for
/// the class token before it, which stay.
/// </summary>
/// <remarks>
/// Bicubic with aligned corners, as torchvision's <c>interpolate_embeddings</c>. Source: torchvision,
/// vision_transformer.py; ATen's UpSampleBicubic2d.
/// </remarks>
internal static class PositionGrid
{
    // ATen's constant of cubic convolution.
    private const double Sharpness = -0.75;

    /// <summary>A stored tensor with as many places as the network has; null when it can't be resized.</summary>
    /// <param name="spec">The network's tensor, <c>[1, L, C]</c>.</param>
    /// <param name="tensor">The stored one.</param>
    public static StoredTensor? Resize(TensorSpec spec, StoredTensor tensor)
    {
        if (
            !spec.IsPositionEmbedding
            || tensor.Shape is not [1, var from, var width]
            || spec.Shape is not [1, var to, var channels]
            || width != channels
            || tensor.ElementCount > StateDictMatch.MostInShapeOfFile
        )
        {
            return null;
        }

        return Tokens(from, to) is { } tokens
            ? tensor.Computed(
                spec.Shape,
                stored => Resize(stored, (int)tokens, Side(from - tokens), Side(to - tokens), (int)width)
            )
            : null;
    }

    // The fewest vectors before the grids with which both are squares: none or one.
    private static long? Tokens(long from, long to) =>
        new long?[] { 0, 1 }.FirstOrDefault(count => IsSquare(from - count!.Value) && IsSquare(to - count.Value));

    private static bool IsSquare(long count) => count > 0 && (long)Side(count) * Side(count) == count;

    private static int Side(long count) => (int)Math.Round(Math.Sqrt(count));

    private static float[] Resize(float[] stored, int tokens, int from, int to, int width)
    {
        var result = new float[(tokens + (to * to)) * width];
        stored.AsSpan(0, tokens * width).CopyTo(result);
        for (var row = 0; row < to; row++)
        {
            var (top, down) = Weights(row, from, to);
            for (var column = 0; column < to; column++)
            {
                var (left, right) = Weights(column, from, to);
                var target = result.AsSpan((tokens + (row * to) + column) * width, width);
                for (var y = 0; y < down.Length; y++)
                {
                    for (var x = 0; x < right.Length; x++)
                    {
                        var place = (Math.Clamp(top + y, 0, from - 1) * from) + Math.Clamp(left + x, 0, from - 1);
                        var source = stored.AsSpan((tokens + place) * width, width);
                        var weight = (float)(down[y] * right[x]);
                        for (var channel = 0; channel < width; channel++)
                            target[channel] += weight * source[channel];
                    }
                }
            }
        }

        return result;
    }

    // The first of the four places that count, and their weights.
    private static (int First, double[] Weights) Weights(int place, int from, int to)
    {
        var at = to == 1 ? 0 : place * (from - 1) / (double)(to - 1);
        var first = (int)Math.Floor(at);
        var part = at - first;
        return (first - 1, [Outer(part + 1), Inner(part), Inner(1 - part), Outer(2 - part)]);
    }

    private static double Inner(double x) => ((((Sharpness + 2) * x) - (Sharpness + 3)) * x * x) + 1;

    private static double Outer(double x) =>
        (((((Sharpness * x) - (5 * Sharpness)) * x) + (8 * Sharpness)) * x) - (4 * Sharpness);
}
