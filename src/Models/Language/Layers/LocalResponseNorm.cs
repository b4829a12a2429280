using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Dampens a number where its neighbours in the channels before and after it are large.</summary>
/// <remarks>
/// <c>x / (k + alpha / size · Σ x'²)^beta</c>, the sum over <c>size</c> neighbouring channels.
/// Source: Krizhevsky et al. 2012; PyTorch nn.LocalResponseNorm.
/// </remarks>
[Layer("local_response_norm", "Dampens a number where its neighbours in other channels are large.")]
internal sealed record LocalResponseNorm : LayerDefinition
{
    [Description("Number of neighbouring channels that are summed."), Range(1, int.MaxValue)]
    public required int Size { get; init; }

    [Description("Factor of the mean of the neighbours' squares.")]
    public double Alpha { get; init; } = 1e-4;

    [Description("Exponent of the divisor.")]
    public double Beta { get; init; } = 0.75;

    [Description("Added to the neighbours' part of the divisor.")]
    public double K { get; init; } = 1.0;

    internal override Shape Infer(Shape input, LayerVisit visit) => visit.RequireRank(input, 2, 3, 4);

    // PyTorch views the input as another shape, which a permuted one can't be.
    internal override string WritePython(LayerNode node, PyTorchBlock block, string input) =>
        block.Call(node, PyTorchExpression.Format(node), $"{input}.contiguous()");

    internal override (string Name, Shape Shape)? Scratch(Shape input) =>
        ("input with its padding", new Shape([input.Sizes[0] + Size - 1, .. input.Sizes.Skip(1)]));

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new LocalResponseNormOperator(Size, Alpha, Beta, K), input);
}
