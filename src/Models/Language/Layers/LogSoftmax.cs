using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary><c>log(exp(x_i) / Σ exp(x_j))</c> along one dimension.</summary>
[Layer("log_softmax", "Turns scores into the logarithms of probabilities.")]
internal sealed record LogSoftmax : LayerDefinition
{
    [Description("The dimension along which the probabilities sum to 1; not 0, which is the batch dimension.")]
    public int Dim { get; init; } = 1;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.RequireDimension("dim", Dim, input);
        return input;
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new SoftmaxOperator(Dim) { IsLogarithm = true }, input);

    // Here, dim defaults to 1; nn.LogSoftmax without dim guesses it and warns.
    internal override string WritePython(LayerNode node, PyTorchBlock block, string input) =>
        block.Call(node, $"nn.LogSoftmax(dim={Dim})", input);
}
