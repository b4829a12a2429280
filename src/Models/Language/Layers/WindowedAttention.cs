using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// Attention among the pixels of a picture <c>[H, W, C]</c> in groups, with a bias for each pair of places: the
/// picture's
/// size does not change, and the cost grows with the number of pixels and not with its square.
/// </summary>
public abstract record WindowedAttention : LayerDefinition
{
    /// <summary>Number of heads.</summary>
    [Description("Number of heads: parts of the channels that attend by themselves. It must divide the channels.")]
    [Range(1, int.MaxValue)]
    public required int NumHeads { get; init; }

    /// <summary>Height and width of a group.</summary>
    private protected abstract Sizes Group { get; }

    /// <summary>Name of the parameter that gives them.</summary>
    private protected abstract string GroupName { get; }

    /// <summary>Whether a group has pixels at even distances over the picture, instead of neighbours.</summary>
    private protected virtual bool IsGrid => false;

    /// <summary>Names of the projections to query, key and value, and of the last one.</summary>
    private protected abstract (string In, string Out) Projections { get; }

    /// <summary>How far the picture is rolled before it is cut into groups.</summary>
    private protected virtual (long Height, long Width) ShiftOf(Shape padded) => (0, 0);

    /// <summary>The attention of this kind.</summary>
    /// <param name="key">The layer's key.</param>
    /// <param name="channels">Channels of a pixel.</param>
    /// <param name="bias">The bias by places.</param>
    private protected abstract AttentionOperator Attention(string key, long channels, PositionBias bias);

    /// <summary>The weights of the projection to query, key and value.</summary>
    private protected virtual WeightSource InWeights(string key, long channels) =>
        new NamedWeights($"{key}.{Projections.In}.weight") { Bias = $"{key}.{Projections.In}.bias" };

    /// <summary>Reports the tensors.</summary>
    private protected abstract void Declare(LayerVisit visit, long channels);

    /// <summary>Height and width of a group, each of them.</summary>
    private protected (long Height, long Width) Window => Group.Expand(2) is var sides ? (sides[0], sides[1]) : default;

    internal sealed override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.SeesWholeInput();
        if (!visit.RequireSizes(GroupName, Group, 2))
            return Shape.Unknown;
        if (!input.HasRank)
            return input;
        if (input.Rank != 3)
        {
            return visit.Fail(
                "type",
                $"The layer takes [height, width, channels], but its input is {input}: put a permute of [0, 2, 3, 1] "
                    + "before it."
            );
        }

        var channels = input.Sizes[2];
        if (channels != Shape.UnknownSize)
        {
            if (channels % NumHeads != 0)
                visit.Fail("num_heads", $"{channels} channels can't be split into {NumHeads} heads of equal size.");
            Declare(visit, channels);
        }

        if (!input.IsKnown)
            return input;
        Check(visit, input);
        var pixels = Padded(input);
        visit.Macs(pixels, (4 * channels) + (2 * Window.Height * Window.Width));
        return new Shape([.. input.Sizes]);
    }

    internal sealed override (string Name, Shape Shape)? Scratch(Shape input)
    {
        if (input.Rank != 3 || !Group.Fits(2))
            return null;
        var pixels = Padded(input);
        var group = Window.Height * Window.Width;
        return ("matrices of attention", new Shape(pixels.Sizes[0], pixels.Sizes[1], NumHeads, group));
    }

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input)
    {
        var (key, sizes, channels) = (node.Key, input.Shape.Sizes, input.Shape.Sizes[2]);
        var padded = Padded(input.Shape);
        var (height, width) = (padded.Sizes[0], padded.Sizes[1]);
        var shift = ShiftOf(padded);
        var x = input;
        if (height > sizes[0] || width > sizes[1])
            x = Add(new PadOperator([(0, height - sizes[0]), (0, width - sizes[1]), (0, 0)], PaddingMode.Zeros), x);
        if (shift != (0, 0))
            x = Add(new RollOperator([-shift.Height, -shift.Width, 0]), x);

        // Cut into groups: [groups down, groups right, height, width, channels], or the other way for a grid.
        var (rows, columns) = (height / Window.Height, width / Window.Width);
        var (down, right) = IsGrid ? (Window.Height, Window.Width) : (rows, columns);
        x = Add(new ReshapeOperator(new Shape(down, height / down, right, width / right, channels)), x);
        x = Add(new PermuteOperator(IsGrid ? [0, 2, 4, 1, 3, 5] : [0, 1, 3, 2, 4, 5]), x);
        x = Add(new ReshapeOperator(new Shape(rows * columns, Window.Height * Window.Width, channels)), x);
        x = Add(new LinearOperator(InWeights(key, channels)) { Features = 3 * channels }, x);
        var bias = new PositionBias(key, Window)
        {
            Shift = shift == (0, 0) ? null : new WindowShift((height, width), shift),
        };
        x = Add(Attention(key, channels, bias), x);
        x = Add(
            new LinearOperator(
                new NamedWeights($"{key}.{Projections.Out}.weight") { Bias = $"{key}.{Projections.Out}.bias" }
            )
            {
                Features = channels,
            },
            x
        );

        // And back.
        x = Add(new ReshapeOperator(new Shape(rows, columns, Window.Height, Window.Width, channels)), x);
        x = Add(new PermuteOperator(IsGrid ? [0, 3, 1, 4, 2, 5] : [0, 1, 3, 2, 4, 5]), x);
        x = Add(new ReshapeOperator(padded), x);
        if (shift != (0, 0))
            x = Add(new RollOperator([shift.Height, shift.Width, 0]), x);
        if (height > sizes[0])
            x = Add(new SliceOperator(1, 0, sizes[0]), x);
        return width > sizes[1] ? Add(new SliceOperator(2, 0, sizes[1]), x) : x;

        Value Add(Operator item, Value value) => graph.Add(key, item, value);
    }

    /// <summary>Reports what does not fit the picture.</summary>
    private protected virtual void Check(LayerVisit visit, Shape input) { }

    /// <summary>The picture with zeros at its end, so that whole groups fill it.</summary>
    private protected Shape Padded(Shape input)
    {
        return new Shape(Whole(input.Sizes[0], Window.Height), Whole(input.Sizes[1], Window.Width), input.Sizes[2]);

        static long Whole(long side, long part) => side == Shape.UnknownSize ? side : (side + part - 1) / part * part;
    }
}
