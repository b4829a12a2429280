using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary><c>x</c> for positive numbers, a learnt factor times <c>x</c> for negative ones.</summary>
/// <remarks>Source: He et al. 2015, arXiv:1502.01852; PyTorch nn.PReLU.</remarks>
[Layer("prelu", "Multiplies negative numbers by a learnt factor.", ClassName = "PReLU")]
internal sealed record Prelu : LayerDefinition
{
    [Description("1: one factor for all channels. The number of channels: a factor for each."), Range(1, int.MaxValue)]
    public int NumParameters { get; init; } = 1;

    [Description("The factor before training."), Range(-float.MaxValue, float.MaxValue)]
    public double Init { get; init; } = 0.25;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        if (NumParameters != 1 && input.Channels != Shape.UnknownSize && NumParameters != input.Channels)
        {
            visit.Fail(
                "num_parameters",
                $"{NumParameters} does not match the input {input}: give 1, or its channels, {input.Channels}."
            );
        }

        visit.Tensor("weight", new Initialization.Constant(Init), NumParameters);
        return input;
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new PreluOperator($"{node.Key}.weight"), input);
}
