using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Passes the input through several branches and joins their outputs along the channels.</summary>
/// <remarks>Source: Szegedy et al. 2014, arXiv:1409.4842.</remarks>
[Layer("concat", "Passes the input through several branches and joins their outputs along the channels.")]
internal sealed record Concat : LayerDefinition
{
    [Description(
        "The branches: each a layer or a block (a sequential for several layers), keyed by its name or position."
    )]
    [MinLength(1)]
    public required IReadOnlyList<LayerDefinition> Branches { get; init; }

    [Description("Whether the branches are keyed in the parent, as if the block were not there.")]
    public bool Inline { get; init; }

    [Description(
        "Whether the channels of the input are divided evenly among the branches, instead of each branch getting all."
    )]
    public bool Split { get; init; }

    internal override bool IsKeyed => !Inline;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        var keys = Inline ? visit.ParentKeys : visit.OwnKeys();
        var part = Split ? PartOf(input, visit) : input;
        return Branches
            .Select(branch => visit.Child(branch, null, part, keys))
            .ToList()
            .Aggregate((joined, next) => Join(joined, next, visit));
    }

    internal override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            Branches = [.. node.Children.Select(branch => branch.Definition.WithInferred(branch))],
        };

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(
            node.Key,
            new ConcatOperator(),
            [
                .. node.Children.Select(
                    (branch, index) => graph.Chain([branch], Split ? Part(node, graph, input, index) : input)
                ),
            ]
        );

    internal override IReadOnlyList<IReadOnlyList<LayerNode>> BranchesOf(LayerNode node) =>
        [.. node.Children.Select(branch => (LayerNode[])[branch])];

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        return Inline ? Joined(block, input) : block.CallClass(node, own => Joined(own, "x"), input);

        string Joined(PyTorchBlock owner, string value)
        {
            var parts = Split ? owner.Assign($"torch.chunk({value}, {Branches.Count}, 1)") : value;
            var outputs = node.Children.Select(
                (branch, index) => owner.Chain([branch], Split ? $"{parts}[{index}]" : value)
            );
            return owner.Assign($"torch.cat([{string.Join(", ", outputs)}], 1)");
        }
    }

    internal override LayerDefinition Rewrite(Func<LayerDefinition, LayerDefinition> replace) =>
        replace(this with { Branches = [.. Branches.Select(branch => branch.Rewrite(replace))] });

    private Shape PartOf(Shape input, LayerVisit visit)
    {
        var channels = input.Channels;
        if (channels == Shape.UnknownSize)
            return input;
        if (channels % Branches.Count == 0)
            return visit.Part(input, channels / Branches.Count);
        visit.Fail("split", $"{channels} channels can't be divided evenly among {Branches.Count} branches.");
        return input.WithChannels(Shape.UnknownSize);
    }

    private Value Part(LayerNode node, GraphBuilder graph, Value input, int index)
    {
        var channels = input.Shape.Sizes[0] / Branches.Count;
        return graph.Add(node.Key, new SliceOperator(1, index * channels, channels), input);
    }

    private static Shape Join(Shape left, Shape right, LayerVisit visit)
    {
        var channels =
            left.Channels == Shape.UnknownSize || right.Channels == Shape.UnknownSize
                ? Shape.UnknownSize
                : left.Channels + right.Channels;
        if (left.WithChannels(channels).Merge(right.WithChannels(channels)) is { } joined)
            return joined;
        visit.Fail(
            "branches",
            $"The outputs of the branches may differ in their channels only, but they are {left} and {right}."
        );
        return Shape.FromChannels(channels);
    }
}
