using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>One place along a dimension, such as the class token; the dimension is gone.</summary>
/// <remarks>Source: torch.select.</remarks>
[Layer("select", "Takes one place along a dimension, such as the class token, and drops the others.")]
internal sealed record Select : LayerDefinition
{
    [Description("The dimension; 1 for tokens. Never 0, the batch.")]
    public int Dim { get; init; } = 1;

    [Description("The place, from 0; negative from the end.")]
    public int Index { get; init; }

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.SeesWholeInput();
        if (!input.HasRank)
            return Shape.Unknown;
        if (input.Rank == 1)
        {
            return visit.Fail(
                "dim",
                $"The input {input} has one dimension besides the batch; at least two are needed."
            );
        }

        if (visit.RequireDimension("dim", Dim, input) is not { } dimension)
            return Shape.Unknown;
        var size = input.Sizes[dimension - 1];
        if (size != Shape.UnknownSize && (Index >= size || Index < -size))
            visit.Fail("index", $"There are {size} places along dimension {Dim} of {input}: 0 to {size - 1}.");
        return new Shape([.. input.Sizes.Where((_, index) => index != dimension - 1)]);
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input)
    {
        var dimension = Dim < 0 ? Dim + input.Shape.Rank + 1 : Dim;
        var index = Index < 0 ? Index + input.Shape.Sizes[dimension - 1] : Index;
        var one = graph.Add(node.Key, new SliceOperator(dimension, index, 1), input);
        return graph.Add(node.Key, new ReshapeOperator(node.Output), one);
    }

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input) =>
        block.Assign($"{input}.select({Dim}, {Index})");
}
