using ModelService.Models.Graph;

namespace ModelService.Models.Explanation;

/// <summary>Where the channels and the places of a layer's output are.</summary>
/// <param name="Channels">Number of channels.</param>
/// <param name="Sizes">Sizes of the map: <c>[L]</c>, <c>[H, W]</c> or <c>[D, H, W]</c>.</param>
/// <param name="IsTokens">Whether the output is <c>[T, C]</c>, as in a transformer, instead of <c>[C, ...]</c>.</param>
/// <param name="Skipped">Tokens before the first place, such as that of the class.</param>
internal sealed record SpatialForm(int Channels, IReadOnlyList<int> Sizes, bool IsTokens = false, int Skipped = 0)
{
    /// <summary>Number of places.</summary>
    public int Places => Sizes.Aggregate(1, (count, size) => count * size);

    /// <summary>Whether the map is a picture.</summary>
    public bool IsPicture => Sizes.Count == 2;

    /// <summary>The form of a layer's output.</summary>
    /// <param name="value">The output.</param>
    /// <param name="input">The network's input: of a picture, an output of two sizes is tokens.</param>
    /// <returns>The form; null for an output without places.</returns>
    public static SpatialForm? Of(Value value, Value input)
    {
        int[] sizes = [.. value.Shape.Sizes.Select(size => (int)size)];
        if (sizes.Length < 2)
            return null;
        if (sizes.Length != 2 || input.Shape.Rank == 2)
            return new SpatialForm(sizes[0], sizes[1..]);
        foreach (var skipped in new[] { 0, 1 })
        {
            var side = (int)Math.Round(Math.Sqrt(sizes[0] - skipped));
            if (side > 0 && side * side == sizes[0] - skipped)
                return new SpatialForm(sizes[1], [side, side], IsTokens: true, skipped);
        }

        return null;
    }

    /// <summary>The numbers of a layer's output, channel by channel.</summary>
    /// <param name="values">As the layer has them.</param>
    public float[] ByChannel(ReadOnlySpan<float> values)
    {
        if (!IsTokens)
            return values.ToArray();
        var result = new float[Channels * Places];
        for (var place = 0; place < Places; place++)
        {
            for (var channel = 0; channel < Channels; channel++)
                result[(channel * Places) + place] = values[((place + Skipped) * Channels) + channel];
        }

        return result;
    }
}
