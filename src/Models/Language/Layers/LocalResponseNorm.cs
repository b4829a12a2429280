using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

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

    internal override Shape? Padded(Shape input) => new([input.Sizes[0] + Size - 1, .. input.Sizes.Skip(1)]);

    // First the squares, laid out as one picture whose rows are the channels; then the means over columns of
    // neighbouring channels, by average pooling; then the rest of the formula.
    internal override Value Emit(LayerNode node, GraphBuilder plan, Value input)
    {
        var shape = node.Output;
        var rows = new Shape(1, shape.Sizes[0], Shape.Product(shape.Sizes.Skip(1)));
        var squares = plan.Call(
            node,
            new Shape([.. rows.Sizes.Skip(1)]),
            "flatten",
            plan.Call(node, shape, "mul", input, input),
            2L,
            -1L
        );
        var padded = plan.Call(
            node,
            rows,
            "constant_pad_nd",
            plan.Call(node, rows, "unsqueeze", squares, 1L),
            new[] { 0L, 0, Size / 2, (Size - 1) / 2 },
            0.0
        );
        var means = plan.Call(
            node,
            rows,
            "avg_pool2d",
            padded,
            new[] { Size, 1L },
            new[] { 1L, 1 },
            new[] { 0L, 0 },
            false,
            true,
            null
        );
        var scaled = plan.Call(
            node,
            shape,
            "reshape",
            plan.Call(node, rows, "mul", means, Alpha),
            new[] { -1L }.Concat(shape.Sizes).ToArray()
        );
        return plan.Call(
            node,
            shape,
            "div",
            input,
            plan.Call(node, shape, "pow", plan.Call(node, shape, "add", scaled, K), Beta)
        );
    }

    internal override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent)
    {
        var (size, alpha, beta, k) = (Size, Alpha, Beta, K);
        return input => nn.functional.local_response_norm(input, size, alpha, beta, k);
    }
}
