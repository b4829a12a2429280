using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using static TorchSharp.torch;

namespace ModelService.Models.Language.Layers;

/// <summary>Average pooling: the mean of each window.</summary>
/// <remarks>Source: PyTorch nn.AvgPool2d.</remarks>
public abstract record AvgPool : Pool
{
    /// <summary>Whether the padding's zeros count in the mean.</summary>
    [Description("Whether the padding's zeros count in the mean.")]
    public bool CountIncludePad { get; init; } = true;

    internal sealed override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent)
    {
        var (kernel, stride, padding) = (
            KernelSize.Expand(SpatialRank),
            (Stride ?? KernelSize).Expand(SpatialRank),
            Padding.Expand(SpatialRank)
        );
        return input => Apply(input, kernel, stride, padding);
    }

    internal sealed override Value Emit(LayerNode node, GraphBuilder plan, Value input) =>
        plan.Call(
            node,
            node.Output,
            $"avg_pool{SpatialRank}d",
            [
                input,
                KernelSize.Expand(SpatialRank),
                (Stride ?? KernelSize).Expand(SpatialRank),
                Padding.Expand(SpatialRank),
                CeilMode,
                CountIncludePad,
                .. MoreArguments,
            ]
        );

    /// <summary>Arguments of libtorch's function beyond those that all dimensions have in common.</summary>
    private protected virtual object?[] MoreArguments => [];

    private protected abstract Tensor Apply(Tensor input, long[] kernel, long[] stride, long[] padding);
}

/// <summary>Average pooling over <c>[N, C, L]</c>.</summary>
[Layer("avg_pool1d", "The mean of each window: makes a series shorter.")]
internal sealed record AvgPool1d : AvgPool
{
    private protected override int SpatialRank => 1;

    private protected override Tensor Apply(Tensor input, long[] kernel, long[] stride, long[] padding) =>
        nn.functional.avg_pool1d(input, kernel[0], stride[0], padding[0], CeilMode, CountIncludePad);
}

/// <summary>Average pooling over <c>[N, C, H, W]</c>.</summary>
[Layer("avg_pool2d", "The mean of each window: makes a picture smaller.")]
internal sealed record AvgPool2d : AvgPool
{
    [Description("Divisor of the sum, instead of the window's size."), Range(1, int.MaxValue)]
    public int? DivisorOverride { get; init; }

    private protected override int SpatialRank => 2;

    private protected override object?[] MoreArguments => [(long?)DivisorOverride];

    private protected override Tensor Apply(Tensor input, long[] kernel, long[] stride, long[] padding) =>
        nn.functional.avg_pool2d(input, kernel, stride, padding, CeilMode, CountIncludePad, DivisorOverride);
}

/// <summary>Average pooling over <c>[N, C, D, H, W]</c>.</summary>
[Layer("avg_pool3d", "The mean of each window: makes a volume smaller.")]
internal sealed record AvgPool3d : AvgPool
{
    [Description("Divisor of the sum, instead of the window's size."), Range(1, int.MaxValue)]
    public int? DivisorOverride { get; init; }

    private protected override int SpatialRank => 3;

    private protected override bool MustFitUnpadded => true;

    private protected override object?[] MoreArguments => [(long?)DivisorOverride];

    private protected override Tensor Apply(Tensor input, long[] kernel, long[] stride, long[] padding) =>
        nn.functional.avg_pool3d(input, kernel, stride, padding, CeilMode, CountIncludePad, DivisorOverride);
}
