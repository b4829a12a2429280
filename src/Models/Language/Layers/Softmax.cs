using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary><c>exp(x_i) / Σ exp(x_j)</c> along one dimension.</summary>
/// <remarks>
/// A softmax at the end of a network is left out: the network gives the logits before it, and the probabilities in
/// every answer are their softmax.
/// </remarks>
[Layer("softmax", "Turns scores into probabilities that sum to 1.")]
internal sealed record Softmax : LayerDefinition
{
    [Description("The dimension along which the probabilities sum to 1; not 0, which is the batch dimension.")]
    public int Dim { get; init; } = 1;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.RequireDimension("dim", Dim, input);
        return input;
    }

    /// <summary>
    /// Whether the layer ends the network and is left out, so that its input is the network's output.
    /// </summary>
    internal static bool IsLeftOut(LayerNode node) => node.EndsNetwork && node.Output.Rank == 1;

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        IsLeftOut(node) ? input : graph.Add(node.Key, new SoftmaxOperator(Dim), input);

    // Here, dim defaults to 1; nn.Softmax without dim guesses it and warns.
    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        if (!IsLeftOut(node))
            return block.Call(node, $"nn.Softmax(dim={Dim})", input);
        block.Comment("The softmax at the end is left out: these are the logits, as cross_entropy takes them.");
        return input;
    }
}
