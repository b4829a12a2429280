using System.ComponentModel;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Language.Layers;

/// <summary><c>exp(x_i) / Σ exp(x_j)</c> along one dimension.</summary>
/// <remarks>
/// At the end of a network it is not computed there: the scores before it are the logits, and every answer's probabilities are their softmax.
/// </remarks>
[Layer("softmax", "Turns scores into probabilities that sum to 1.")]
internal sealed record Softmax : LayerDefinition
{
    [Description("The dimension that sums to 1; 0 is the batch, which must stay by itself.")]
    public int Dim { get; init; } = 1;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        if (Dim == 0 || (input.HasRank && Dim == -(input.Rank + 1)))
        {
            visit.Fail(
                "dim",
                $"{Dim} is the batch: a picture's scores would depend on its neighbours in it. Stricter than PyTorch."
            );
        }
        else if (input.HasRank && Math.Abs((long)Dim) > input.Rank)
        {
            visit.Fail("dim", $"{Dim} is no dimension of {input}: 1 to {input.Rank}, or -{input.Rank} to -1.");
        }

        return input;
    }

    /// <summary>Whether it ends the network, so that its input is what the network gives.</summary>
    internal static bool IsLeftOut(LayerNode node) => node.EndsNetwork && node.Output.Rank == 1;

    internal override Value Emit(LayerNode node, GraphBuilder plan, Value input) =>
        IsLeftOut(node) ? input : plan.Call(node, node.Output, "softmax", input, (long)Dim);

    internal override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent)
    {
        var dim = Dim;
        return IsLeftOut(node) ? static input => input : input => nn.functional.softmax(input, dim);
    }
}
