using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Language.Layers;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Analysis;

/// <summary>
/// The analysis of one layer: the layer declares its tensors, windows and costs here, and reports its errors.
/// </summary>
internal sealed class LayerVisit(ArchitectureAnalyzer analyzer, LayerNode node, KeyScope parentKeys, int depth)
{
    /// <summary>The keys under the layer's parent, for blocks that add no level to the keys.</summary>
    public KeyScope ParentKeys => parentKeys;

    /// <summary>Whether the number of layers is still within the limit.</summary>
    public bool MayGoOn => analyzer.MayGoOn;

    /// <summary>New keys under the layer itself, for blocks that add a level to the keys.</summary>
    public KeyScope OwnKeys() => new(node.Key + ".");

    /// <summary>Reports an error in a parameter.</summary>
    /// <returns>The unknown shape.</returns>
    public Shape Fail(string parameter, string detail)
    {
        node.Failed = true;
        analyzer.Errors.Add(new ErrorDetail(JsonPointer.Append(node.Pointer, parameter), $"{node.Type}: {detail}"));
        return Shape.Unknown;
    }

    /// <summary>Checks the number of dimensions, without the batch, and reports an error.</summary>
    /// <returns>
    /// The input; the unknown shape after an error. An input of unknown rank is assumed to have the rank that the layer
    /// takes: the error that leaves it unknown has been reported.
    /// </returns>
    public Shape RequireRank(Shape input, params IReadOnlyList<int> ranks)
    {
        if (!input.HasRank)
            return ranks is [var only] ? Shape.FromChannels(input.Channels, only - 1) : input;
        return ranks.Contains(input.Rank)
            ? input
            : Fail(
                "type",
                $"The layer takes {string.Join(" or ", ranks.Select(rank => Layouts[rank]))}, but its input is {input}."
            );
    }

    /// <summary>Checks that the input is tokens <c>[length, channels]</c>, and reports an error.</summary>
    /// <returns>As <see cref="RequireRank"/>; of unknown rank after an error.</returns>
    public Shape RequireTokens(Shape input)
    {
        if (!input.HasRank || input.Rank == 2)
            return input;
        return Fail(
            "type",
            $"The layer takes tokens [length, channels], but its input is {input}: after a convolution, put a flatten "
                + "with start_dim 2 and a permute of [0, 2, 1] before it."
        );
    }

    /// <summary>Checks that a parameter names a dimension of the input, not the batch, and reports an error.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="dimension">Its value: 0 is the batch, and -1 the last dimension.</param>
    /// <param name="input">The shape of the input.</param>
    /// <returns>The dimension, at least 1; null after an error, and when the input's rank is unknown.</returns>
    public int? RequireDimension(string parameter, int dimension, Shape input)
    {
        if (dimension == 0 || (input.HasRank && dimension == -(input.Rank + 1)))
        {
            Fail(
                parameter,
                $"{dimension} is the batch dimension: what is computed for an input must not depend on the other "
                    + "inputs of its batch. Stricter than PyTorch."
            );
            return null;
        }

        if (!input.HasRank)
            return null;
        if (Math.Abs((long)dimension) > input.Rank)
        {
            Fail(parameter, $"{dimension} is not a dimension of {input}: 1 to {input.Rank}, or -{input.Rank} to -1.");
            return null;
        }

        return dimension < 0 ? dimension + input.Rank + 1 : dimension;
    }

    /// <summary>Checks that a parameter has one size, or one for each dimension.</summary>
    public bool RequireSizes(string parameter, Sizes sizes, int rank)
    {
        if (sizes.Fits(rank))
            return true;
        Fail(parameter, $"{sizes} has {sizes.Values.Count} numbers; give one, or one for each of {rank} dimensions.");
        return false;
    }

    /// <summary>Checks that a size, when it is given, equals the inferred size.</summary>
    public void Agree(string parameter, int? given, long inferred)
    {
        if (given is not null && inferred != Shape.UnknownSize && given != inferred)
        {
            Fail(
                parameter,
                $"{given} does not match the input {node.Input}, which has {inferred}. "
                    + "Leave the parameter out to have it inferred."
            );
        }
    }

    /// <summary>The size of one spatial dimension after a window has slid over it.</summary>
    /// <returns>
    /// The size; unknown when the input's size is unknown or, with an error, when the window does not fit.
    /// </returns>
    public long Slide(Shape input, int dimension, Window window)
    {
        node.Windows.Add(window);
        var side = input.Sizes[dimension + 1];
        if (side == Shape.UnknownSize)
            return side;
        var places = window.Places(side);
        if (places > 0)
            return places;
        var padding = window.Padding > 0 ? $" with padding {window.Padding}" : "";
        Fail(
            "kernel_size",
            $"A window of {window.Extent} does not fit into {side}{padding}: the input is {input}. "
                + "Use a smaller kernel, more padding, or fewer layers that shrink the picture."
        );
        return Shape.UnknownSize;
    }

    /// <summary>Declares windows that slide over the input, for layers whose output size is known otherwise.</summary>
    public void Slide(IEnumerable<Window> windows) => node.Windows.AddRange(windows);

    /// <summary>Declares that each number of the output depends on all of the input.</summary>
    public void SeesWholeInput() => node.SeesWholeInput = true;

    /// <summary>
    /// Declares that each number of the output depends on all of the input along its last dimensions.
    /// </summary>
    /// <param name="input">The shape of the input.</param>
    /// <param name="dimensions">The number of last dimensions.</param>
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

    /// <summary>Declares a trainable tensor of the state dict.</summary>
    public void Tensor(string name, Initialization initialization, params long[] shape)
    {
        Add(name, shape, initialization);
        node.Parameters += Math.Max(0, Shape.Product(shape));
    }

    /// <summary>Declares a buffer: a tensor of the state dict that is not trained.</summary>
    public void Buffer(string name, Initialization initialization, params long[] shape) =>
        Add(name, shape, initialization);

    /// <summary>Declares the layer itself as a trainable tensor of the block that it is in.</summary>
    /// <param name="initialization">How it is filled before it is trained.</param>
    /// <param name="isPositions">Whether it has a vector for each place of a picture.</param>
    /// <param name="shape">Its sizes.</param>
    public void Parameter(Initialization initialization, bool isPositions, params long[] shape)
    {
        node.OwnTensors.Add(
            new TensorSpec(node.Key, shape, IsCounter: false)
            {
                Initialization = initialization,
                IsPositionEmbedding = isPositions,
            }
        );
        node.Parameters += Math.Max(0, Shape.Product(shape));
    }

    /// <summary>Declares an int64 buffer with the places in a window, which follow from its size.</summary>
    public void PositionIndex(string name, (long Height, long Width) window, params long[] shape) =>
        Add(name, shape, new Initialization.PositionIndex(window.Height, window.Width), isCounter: true);

    /// <summary>Declares an int64 counter of the state dict, which inference does not use.</summary>
    public void Counter(string name) => Add(name, [], Initialization.Zeros, isCounter: true);

    /// <summary>Declares constant numbers, which are not trained and not in the state dict.</summary>
    public void Fixed(long count) => node.FixedNumbers += Math.Max(0, count);

    /// <summary>Adds multiply-accumulates.</summary>
    /// <param name="output">The shape of the output.</param>
    /// <param name="each">Multiply-accumulates for each number of the output.</param>
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

    /// <summary>
    /// Analyses layers that only training computes: files may have their tensors, the network has not.
    /// </summary>
    public void Aside(IReadOnlyList<LayerDefinition> layers, Shape input)
    {
        var aside = new LayerNode
        {
            Definition = node.Definition,
            Key = node.Key,
            Input = input,
        };
        new LayerVisit(analyzer, aside, parentKeys, depth).Chain(layers, input, OwnKeys());
        node.TrainingLayers = aside.Children;
    }

    /// <summary>The shape of a part of the input's channels.</summary>
    public Shape Part(Shape input, long channels)
    {
        var part = input.WithChannels(channels);
        analyzer.IsPartOf(part, input);
        return part;
    }

    /// <summary>Reports names of <see cref="LayerDefinition.NamesInOrder"/> that no layer in the block has.</summary>
    public void CheckKeyOrder()
    {
        if (node.Definition.NamesInOrder.Count == 0)
            return;
        var known = StateDictOrder.Members(node).Select(StateDictOrder.NameOf).ToList();
        foreach (var (index, name) in node.Definition.NamesInOrder.Index())
        {
            if (!known.Contains(name))
            {
                Fail(
                    "key_order",
                    $"The block has no layer '{Suggestions.Shorten(name)}'; its layers are "
                        + $"{string.Join(", ", known.Take(12))}{(known.Count > 12 ? ", ..." : ".")}"
                );
            }
            else if (node.Definition.NamesInOrder.Take(index).Contains(name))
            {
                Fail("key_order", $"'{Suggestions.Shorten(name)}' is given twice.");
            }
        }
    }

    /// <summary>Passes a shape through one layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="key">Its key; null: its name, else its position.</param>
    /// <param name="input">The shape of its input.</param>
    /// <param name="keys">The keys of its parent.</param>
    public Shape Child(LayerDefinition layer, string? key, Shape input, KeyScope keys)
    {
        var child = analyzer.Visit(layer, key, input, keys, depth + 1);
        node.OwnChildren.Add(child);
        return child.Output;
    }

    private void Add(string name, long[] shape, Initialization initialization, bool isCounter = false) =>
        node.OwnTensors.Add(new TensorSpec($"{node.Key}.{name}", shape, isCounter) { Initialization = initialization });

    private static readonly string[] Layouts =
    [
        "a number",
        "[features]",
        "[channels, length]",
        "[channels, height, width]",
        "[channels, depth, height, width]",
    ];
}
