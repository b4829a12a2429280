using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>
/// Attention of several heads: each token becomes a mean of the values of all tokens of its group, weighted by how well
/// its query fits their keys. From <c>[L, 3 · C]</c> or, with groups, <c>[G, L, 3 · C]</c> to <c>[..., L, C]</c>.
/// </summary>
/// <param name="Heads">Parts of the channels that attend by themselves.</param>
/// <param name="Scale">Factor of the products of query and key.</param>
/// <remarks>
/// <c>softmax(Scale · Q Kᵀ + bias) V</c>. The last dimension holds query, key and value one after the other, each
/// head by head. Source: Vaswani et al. 2017, arXiv:1706.03762.
/// </remarks>
internal sealed record AttentionOperator(long Heads, double Scale) : Operator
{
    /// <summary>What is added to the products, by the places of both tokens in their window; null: nothing.</summary>
    public PositionBias? Bias { get; init; }

    /// <summary>
    /// Name of a factor <c>[heads, 1, 1]</c> as a logarithm: query and key are brought to length 1, and their product
    /// is multiplied by it, instead of <see cref="Scale"/>. Null: not so.
    /// </summary>
    public string? LogitScale { get; init; }

    /// <summary>Multiply-accumulates of the two products, for one input of the batch.</summary>
    public long Macs => 2 * Output.Shape.ElementCount * Input.Shape.Sizes[^2];

    /// <inheritdoc/>
    public override Shape InferShape()
    {
        var input = Input.Shape;
        var channels = input.Sizes[^1] / 3;
        return
            input.Rank is 2 or 3
            && input.Sizes[^1] % 3 == 0
            && channels % Heads == 0
            && (
                Bias is null
                || (
                    Bias.Window.Height * Bias.Window.Width == input.Sizes[^2]
                    && (Bias.Shift is null || (input.Rank == 3 && Bias.Shift.Windows(Bias.Window) == input.Sizes[0]))
                )
            )
            ? input.With(input.Rank - 1, channels)
            : throw Misfit();
    }
}

/// <summary>A bias for each head and each pair of places in a window.</summary>
/// <param name="Key">Key of the layer that the bias is of.</param>
/// <param name="Window">Height and width of the window.</param>
internal sealed record PositionBias(string Key, (long Height, long Width) Window)
{
    /// <summary>
    /// Whether a small network computes the bias from the distance (<c>cpb_mlp</c>); else a table has it
    /// (<c>relative_position_bias_table</c>).
    /// </summary>
    public bool IsContinuous { get; init; }

    /// <summary>How the windows were shifted; null: they were not.</summary>
    public WindowShift? Shift { get; init; }
}

/// <summary>
/// A picture that was rolled before it was cut into windows: tokens of one window that were not neighbours before must
/// not attend to each other.
/// </summary>
/// <param name="Picture">Height and width of the picture.</param>
/// <param name="By">How far it was rolled, up and to the left.</param>
internal sealed record WindowShift((long Height, long Width) Picture, (long Height, long Width) By)
{
    /// <summary>Number of windows of the picture.</summary>
    public long Windows((long Height, long Width) window) =>
        Picture.Height / window.Height * (Picture.Width / window.Width);
}

/// <summary>The elements moved along two dimensions; what leaves at one side comes in at the other.</summary>
/// <param name="Shifts">How far, for each dimension without the batch; negative: to the front.</param>
internal sealed record RollOperator(long[] Shifts) : Operator
{
    /// <summary>The dimensions that are moved, the batch counted.</summary>
    public long[] Dimensions => [.. Shifts.Index().Where(item => item.Item != 0).Select(item => item.Index + 1L)];

    /// <summary>How far each of these is moved.</summary>
    public long[] Distances => [.. Shifts.Where(shift => shift != 0)];

    /// <inheritdoc/>
    public override Shape InferShape() =>
        Shifts.Length == Input.Shape.Rank && Distances.Length > 0 ? Input.Shape : throw Misfit();
}
