using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Divides a dimension into several; the opposite of <c>flatten</c>.</summary>
/// <remarks>Source: PyTorch nn.Unflatten. Dimension 0 is the batch, which is never divided here.</remarks>
[Layer("unflatten", "Divides a dimension into several; the opposite of flatten.")]
internal sealed record Unflatten : LayerDefinition
{
    [Description("Dimension to divide; 0 is the batch, which must stay as it is; -1 is the last one.")]
    public required int Dim { get; init; }

    [Description(
        "Sizes that take the dimension's place, two or more; their product is its size. "
            + "Stricter than PyTorch, which also takes -1 for one of them."
    )]
    [Range(1, int.MaxValue)]
    public required Sizes UnflattenedSize { get; init; }

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.SeesWholeInput();
        if (UnflattenedSize.Values.Count < 2)
            return visit.Fail("unflattened_size", $"{UnflattenedSize} is one size; 2 or more are needed.");
        if (!input.HasRank)
            return Shape.Unknown;
        if (visit.RequireDimension("dim", Dim, input) is not { } dimension)
            return Shape.Unknown;
        long[] sizes = [.. UnflattenedSize.Values];
        var size = input.Sizes[dimension - 1];
        var product = Shape.Product(sizes);
        return size != Shape.UnknownSize && size != product
            ? visit.Fail(
                "unflattened_size",
                $"The product of {UnflattenedSize} is {product}; dimension {dimension} of {input} has {size} numbers."
            )
            : new Shape([.. input.Sizes.Take(dimension - 1), .. sizes, .. input.Sizes.Skip(dimension)]);
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new ReshapeOperator(node.Output), input);
}
