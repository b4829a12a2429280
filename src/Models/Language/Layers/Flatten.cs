using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Joins dimensions into one; by default all but the batch dimension.</summary>
/// <remarks>Source: PyTorch nn.Flatten. Dimension 0 is the batch, which is never joined here.</remarks>
[Layer("flatten", "Joins dimensions into one; by default all but the batch dimension.")]
internal sealed record Flatten : LayerDefinition
{
    [Description("First dimension to join; 0 is the batch, which must stay by itself.")]
    public int StartDim { get; init; } = 1;

    [Description("Last dimension to join; -1 is the last one.")]
    public int EndDim { get; init; } = -1;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.SeesWholeInput();
        var startDim = visit.RequireDimension("start_dim", StartDim, input);
        if (!input.HasRank)
            return StartDim == 1 && EndDim == -1 ? new Shape(Shape.UnknownSize) : Shape.Unknown;
        if (startDim is not { } start)
            return Shape.Unknown;
        var rank = input.Rank + 1;
        var end = EndDim < 0 ? EndDim + rank : EndDim;
        if (end < start || end >= rank)
        {
            return visit.Fail(
                "end_dim",
                $"{EndDim} is not a dimension of {input} from start_dim on: {start} to {rank - 1}."
            );
        }

        var sizes = input.Sizes;
        return new Shape([
            .. sizes.Take(start - 1),
            Shape.Product(sizes.Skip(start - 1).Take(end - start + 1)),
            .. sizes.Skip(end),
        ]);
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new ReshapeOperator(node.Output), input);
}
