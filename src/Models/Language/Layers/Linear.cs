using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>A weighted sum of all inputs for each output, over the last dimension.</summary>
/// <remarks><c>[..., in] -> [..., out]</c>, <c>y = x Wᵀ + b</c>. Source: PyTorch nn.Linear.</remarks>
[Layer("linear", "A weighted sum of all inputs for each output: fully connected, dense.")]
internal sealed record Linear : LayerDefinition
{
    [Description("Number of outputs."), Range(1, int.MaxValue)]
    public required int OutFeatures { get; init; }

    [Description("Number of inputs; inferred, must agree if given."), Range(1, int.MaxValue)]
    public int? InFeatures { get; init; }

    [Description("Whether a learnt bias is added to each output.")]
    public bool Bias { get; init; } = true;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.SeesWholeInput(input, dimensions: 1);
        var features = input.HasRank ? input.Sizes[^1] : Shape.UnknownSize;
        visit.Agree("in_features", InFeatures, features);
        visit.Tensor("weight", Initialization.KaimingUniform(features), OutFeatures, features);
        if (Bias)
            visit.Tensor("bias", Initialization.FanInUniform(features), OutFeatures);
        if (!input.HasRank)
            return Shape.Unknown;
        var output = new Shape([.. input.Sizes.SkipLast(1), OutFeatures]);
        visit.Macs(output, features);
        return output;
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(
            node.Key,
            new LinearOperator(new NamedWeights($"{node.Key}.weight") { Bias = Bias ? $"{node.Key}.bias" : null })
            {
                Features = OutFeatures,
            },
            input
        );

    internal override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            InFeatures = (int)node.Input.Sizes[^1],
        };

    internal override LayerDefinition WithOutputs(int count) => this with { OutFeatures = count };
}
