using ModelService.Models.Errors;
using ModelService.Models.Language.Layers;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Analysis;

/// <summary>One layer's turn in an analysis: takes what the layer says of itself.</summary>
internal sealed class LayerVisit(ArchitectureAnalyzer analyzer, LayerNode node, KeyScope parentKeys, int depth)
{
    /// <summary>The keys of the layer's parent, for blocks whose layers are keyed there.</summary>
    public KeyScope ParentKeys => parentKeys;

    /// <summary>Whether the limit on layers still leaves room.</summary>
    public bool MayGoOn => analyzer.MayGoOn;

    /// <summary>Keys of the layer's own, for blocks whose layers are keyed in them.</summary>
    public KeyScope OwnKeys() => new(node.Key + ".");

    /// <summary>Reports that a parameter is wrong.</summary>
    /// <returns>The unknown shape.</returns>
    public Shape Fail(string parameter, string detail)
    {
        node.Failed = true;
        analyzer.Errors.Add(new ErrorDetail(JsonPointer.Append(node.Pointer, parameter), $"{node.Type}: {detail}"));
        return Shape.Unknown;
    }

    /// <summary>Checks the number of dimensions, the batch not counted.</summary>
    /// <returns>
    /// The input; unknown when the number is wrong, which is reported. When it isn't known, the input is taken for what the layer takes: the
    /// mistake that hides it has been reported.
    /// </returns>
    public Shape RequireRank(Shape input, params IReadOnlyList<int> ranks)
    {
        if (!input.HasRank)
            return ranks is [var only] ? Shape.FromChannels(input.Channels, only - 1) : input;
        return ranks.Contains(input.Rank)
            ? input
            : Fail(
                "type",
                $"It takes {string.Join(" or ", ranks.Select(rank => Layouts[rank]))}, but its input is {input}."
            );
    }

    /// <summary>Checks that a parameter has one size, or as many as there are dimensions.</summary>
    public bool RequireSizes(string parameter, Sizes sizes, int rank)
    {
        if (sizes.Fits(rank))
            return true;
        Fail(parameter, $"{sizes} has {sizes.Values.Count} numbers; give one, or one for each of {rank} dimensions.");
        return false;
    }

    /// <summary>Checks a size that was given although it is inferred.</summary>
    public void Agree(string parameter, int? given, long inferred)
    {
        if (given is not null && inferred != Shape.UnknownSize && given != inferred)
        {
            Fail(
                parameter,
                $"{given} does not agree with the input {node.Input}, which has {inferred}. Leave it out to have it inferred."
            );
        }
    }

    /// <summary>The size of one spatial dimension after a window has slid over it.</summary>
    /// <returns>The size; unknown when the input's is, or when the window does not fit, which is reported.</returns>
    public long Slide(Shape input, int dimension, Window window)
    {
        node.Windows.Add(window);
        var side = input.Sizes[dimension + 1];
        if (side == Shape.UnknownSize)
            return side;
        var places = window.Places(side);
        if (places > 0)
            return places;
        Fail(
            "kernel_size",
            $"A window of {window.Extent} does not fit into {side}{(window.Padding > 0 ? $" with padding {window.Padding}" : "")}: the input is {input}. Use a smaller kernel, more padding, or fewer layers that shrink the picture."
        );
        return Shape.UnknownSize;
    }

    /// <summary>Declares windows that slide over the input, where the output's size needs no working out.</summary>
    public void Slide(IEnumerable<Window> windows) => node.Windows.AddRange(windows);

    /// <summary>Declares that each number of the output depends on all of the input.</summary>
    public void SeesWholeInput() => node.SeesWholeInput = true;

    /// <summary>Declares that each number of the output depends on all of the input along so many of its last dimensions.</summary>
    public void SeesWholeInput(Shape input, int dimensions)
    {
        if (!input.HasRank || dimensions >= input.Rank - 1)
        {
            node.SeesWholeInput = true;
        }
        else
        {
            node.Windows.AddRange(
                input
                    .Sizes.Skip(1)
                    .Select(
                        (side, index) => new Window(index < input.Rank - 1 - dimensions ? 1 : Math.Max(1, side), 1, 0)
                    )
            );
        }
    }

    /// <summary>Declares a trainable tensor.</summary>
    public void Tensor(string name, params long[] shape)
    {
        Add(name, shape, isCounter: false);
        node.Parameters += Math.Max(0, Shape.Product(shape));
    }

    /// <summary>Declares a tensor that is kept but not trained.</summary>
    public void Buffer(string name, params long[] shape) => Add(name, shape, isCounter: false);

    /// <summary>Declares an int64 count, which inference does not use.</summary>
    public void Counter(string name) => Add(name, [], isCounter: true);

    /// <summary>Declares numbers that are neither trained nor in the state dict.</summary>
    public void Fixed(long count) => node.FixedNumbers += Math.Max(0, count);

    /// <summary>Counts multiply-accumulates: so many for each number of the output.</summary>
    public void Macs(Shape output, long each)
    {
        if (output.IsKnown && each != Shape.UnknownSize)
            node.Macs += output.ElementCount * each;
    }

    /// <summary>Passes a shape through layers, one after another.</summary>
    public Shape Chain(IReadOnlyList<LayerDefinition> layers, Shape input, KeyScope keys)
    {
        var shape = input;
        foreach (var layer in layers)
        {
            if (!MayGoOn)
                return Shape.Unknown;
            shape = Child(layer, null, shape, keys);
        }

        return shape;
    }

    /// <summary>Passes a shape through one layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="key">Its key; null: its name or position.</param>
    /// <param name="input">What goes in.</param>
    /// <param name="keys">The keys of its parent.</param>
    public Shape Child(LayerDefinition layer, string? key, Shape input, KeyScope keys)
    {
        var child = analyzer.Visit(layer, key, input, keys, depth + 1);
        node.OwnChildren.Add(child);
        return child.Output;
    }

    private void Add(string name, IReadOnlyList<long> shape, bool isCounter) =>
        node.OwnTensors.Add(new TensorSpec($"{node.Key}.{name}", shape, isCounter));

    private static readonly string[] Layouts =
    [
        "a number",
        "[features]",
        "[channels, length]",
        "[channels, height, width]",
        "[channels, depth, height, width]",
    ];
}
