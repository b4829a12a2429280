using ModelService.Models.Graph;

namespace ModelService.Models.Explanation;

/// <summary>Where the channels and the places of a layer's output are.</summary>
/// <param name="Channels">Number of channels.</param>
/// <param name="Sizes">Sizes of the map: <c>[L]</c>, <c>[H, W]</c> or <c>[D, H, W]</c>.</param>
internal sealed record SpatialForm(int Channels, IReadOnlyList<int> Sizes)
{
    /// <summary>Whether the output is <c>[..., C]</c>, as in a transformer, instead of <c>[C, ...]</c>.</summary>
    public bool IsChannelsLast { get; init; }

    /// <summary>Whether the places are tokens <c>[T, C]</c> of a picture.</summary>
    public bool IsTokens { get; init; }

    /// <summary>Tokens before the first place, such as that of the class.</summary>
    public int Skipped { get; init; }

    /// <summary>Number of places.</summary>
    public int Places => Sizes.Aggregate(1, (count, size) => count * size);

    /// <summary>Whether the map is a picture.</summary>
    public bool IsPicture => Sizes.Count == 2;

    /// <summary>The form of a layer's output.</summary>
    /// <param name="value">The output.</param>
    /// <param name="graph">The network: where its input is a picture, an output of two sizes is tokens.</param>
    /// <returns>The form; null for an output without places.</returns>
    public static SpatialForm? Of(Value value, Plan graph)
    {
        int[] sizes = [.. value.Shape.Sizes.Select(size => (int)size)];
        if (sizes.Length < 2)
            return null;
        if (sizes.Length != 2 || graph.Input.Shape.Rank == 2)
        {
            return ChannelDimension(value, graph) == sizes.Length
                ? new SpatialForm(sizes[^1], sizes[..^1]) { IsChannelsLast = true }
                : new SpatialForm(sizes[0], sizes[1..]);
        }

        foreach (var skipped in new[] { 0, 1 })
        {
            var side = (int)Math.Round(Math.Sqrt(sizes[0] - skipped));
            if (side > 0 && side * side == sizes[0] - skipped)
            {
                return new SpatialForm(sizes[1], [side, side])
                {
                    IsChannelsLast = true,
                    IsTokens = true,
                    Skipped = skipped,
                };
            }
        }

        return null;
    }

    // The dimension of a value that holds the channels, the batch counted: the first one after the batch, unless a
    // permutation moved it. Norms of layers and linear layers work on the last dimension.
    private static int ChannelDimension(Value value, Plan graph)
    {
        var last = value.Shape.Rank;
        return graph.Operators.FirstOrDefault(item => item.Output == value) switch
        {
            LayerNormOperator or LinearOperator or AttentionOperator => last,
            PermuteOperator permute => Array.IndexOf(permute.Dimensions, ChannelDimension(permute.Input, graph)),
            ReshapeOperator reshape
                when ChannelDimension(reshape.Input, graph) == reshape.Input.Shape.Rank
                    && reshape.Input.Shape.Sizes[^1] == value.Shape.Sizes[^1] => last,
            { } item when IsElementwise(item) => ChannelDimension(item.Input, graph),
            _ => 1,
        };
    }

    private static bool IsElementwise(Operator item) =>
        item
            is ActivationOperator
                or AddOperator
                or MultiplyOperator
                or DropoutOperator
                or ParameterOperator
                or RollOperator;

    /// <summary>The numbers of a layer's output, channel by channel.</summary>
    /// <param name="values">As the layer has them.</param>
    public float[] ByChannel(ReadOnlySpan<float> values)
    {
        if (!IsChannelsLast)
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
