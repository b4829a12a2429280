using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Multiplies its input by the output of the body: the body says how much of each channel passes.</summary>
/// <remarks>Squeeze and excitation. Source: Hu, Shen and Sun 2017, arXiv:1709.01507.</remarks>
[Layer("gate", "Multiplies its input by the output of its body, such as a factor for each channel.")]
internal sealed record Gate : LayerDefinition
{
    [Description(
        "The layers whose output multiplies the input; keyed in the block itself. Sizes of 1 are stretched, as after "
            + "an adaptive_avg_pool2d to 1."
    )]
    [MinLength(1)]
    public required IReadOnlyList<LayerDefinition> Body { get; init; }

    [Description("Whether the layers are keyed in the parent, as if the block were not there.")]
    public bool Inline { get; init; }

    internal override bool IsKeyed => !Inline;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        var factor = visit.Chain(Body, input, Inline ? visit.ParentKeys : visit.OwnKeys());
        if (!input.HasRank || !factor.HasRank)
            return input;
        var fits =
            factor.Rank == input.Rank
            && factor
                .Sizes.Zip(input.Sizes)
                .All(pair =>
                    pair.First is 1 or Shape.UnknownSize
                    || pair.Second == Shape.UnknownSize
                    || pair.First == pair.Second
                );
        if (!fits)
        {
            visit.Fail(
                "body",
                $"The body gives {factor}, which can't multiply the input {input}: each size must be that of "
                    + $"the input, "
                    + "or 1."
            );
        }

        return input;
    }

    internal override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            Body = ArchitectureWriter.WithInferred(node.Children),
        };

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new MultiplyOperator(), input, graph.Chain(node.Children, input));

    internal override IReadOnlyList<IReadOnlyList<LayerNode>> BranchesOf(LayerNode node) => [node.Children, []];

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        return Inline ? Product(block, input) : block.CallClass(node, own => Product(own, "x"), input);

        string Product(PyTorchBlock owner, string value) =>
            owner.Assign($"{value} * {owner.Chain(node.Children, value)}");
    }

    internal override LayerDefinition Rewrite(Func<LayerDefinition, LayerDefinition> replace) =>
        replace(this with { Body = [.. Body.Select(layer => layer.Rewrite(replace))] });
}
