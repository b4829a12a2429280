using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Puts the dimensions into another order, for example the channels to the end.</summary>
/// <remarks>Source: torchvision.ops.Permute, torch.permute.</remarks>
[Layer("permute", "Puts the dimensions into another order, for example the channels to the end.")]
internal sealed record Permute : LayerDefinition
{
    [Description(
        "For each dimension of the output, that of the input; the first is 0, the batch. [0, 2, 3, 1] puts the "
            + "channels of a picture to the end."
    )]
    [MinLength(2)]
    [MaxLength(6)]
    public required IReadOnlyList<int> Dims { get; init; }

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        if (Dims[0] != 0)
        {
            return visit.Fail(
                "dims",
                $"The first must be 0: dimension 0 is the batch, which stays first, not {Dims[0]}. Stricter "
                    + $"than PyTorch."
            );
        }

        if (!Dims.Order().SequenceEqual(Enumerable.Range(0, Dims.Count)))
            return visit.Fail("dims", $"Give each number from 0 to {Dims.Count - 1} once.");
        if (!input.HasRank)
            return Shape.Unknown;
        if (input.Rank != Dims.Count - 1)
        {
            return visit.Fail(
                "dims",
                $"There are {Dims.Count} numbers, but with the batch, the input {input} has {input.Rank + 1} "
                    + $"dimensions."
            );
        }

        return new Shape([.. Dims.Skip(1).Select(dimension => input.Sizes[dimension - 1])]);
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new PermuteOperator([.. Dims.Select(dimension => (long)dimension)]), input);

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input) =>
        block.Assign($"{input}.permute({string.Join(", ", Dims)})");
}
