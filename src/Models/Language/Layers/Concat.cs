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

    internal override bool IsKeyed => !Inline;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        var keys = Inline ? visit.ParentKeys : visit.OwnKeys();
        return Branches
            .Select(branch => visit.Child(branch, null, input, keys))
            .ToList()
            .Aggregate((joined, next) => Join(joined, next, visit));
    }

    internal override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            Branches = [.. node.Children.Select(branch => branch.Definition.WithInferred(branch))],
        };

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new ConcatOperator(), [.. node.Children.Select(branch => graph.Chain([branch], input))]);

    internal override IReadOnlyList<IReadOnlyList<LayerNode>> BranchesOf(LayerNode node) =>
        [.. node.Children.Select(branch => (LayerNode[])[branch])];

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        return Inline ? Joined(block, input) : block.CallClass(node, own => Joined(own, "x"), input);

        string Joined(PyTorchBlock owner, string value) =>
            owner.Assign(
                $"torch.cat([{string.Join(", ", node.Children.Select(branch => owner.Chain([branch], value)))}], 1)"
            );
    }

    internal override LayerDefinition Rewrite(Func<LayerDefinition, LayerDefinition> replace) =>
        replace(this with { Branches = [.. Branches.Select(branch => branch.Rewrite(replace))] });

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
