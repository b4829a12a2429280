using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Language.Layers;

/// <summary>Max pooling: the greatest number of each window.</summary>
/// <remarks>Source: PyTorch nn.MaxPool2d.</remarks>
public abstract record MaxPool : Pool
{
    /// <summary>Distance between the window's elements.</summary>
    [Description("Distance between the window's elements."), Range(1, int.MaxValue)]
    public Sizes Dilation { get; init; } = 1;

    private protected sealed override Sizes WindowDilation => Dilation;

    internal sealed override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent)
    {
        var (kernel, stride, padding, dilation) = (
            KernelSize.Expand(SpatialRank),
            (Stride ?? KernelSize).Expand(SpatialRank),
            Padding.Expand(SpatialRank),
            Dilation.Expand(SpatialRank)
        );
        return input => Apply(input, kernel, stride, padding, dilation);
    }

    internal sealed override Value Emit(LayerNode node, GraphBuilder plan, Value input) =>
        plan.Call(
            node,
            node.Output,
            $"max_pool{SpatialRank}d",
            input,
            KernelSize.Expand(SpatialRank),
            (Stride ?? KernelSize).Expand(SpatialRank),
            Padding.Expand(SpatialRank),
            Dilation.Expand(SpatialRank),
            CeilMode
        );

    private protected abstract Tensor Apply(
        Tensor input,
        long[] kernel,
        long[] stride,
        long[] padding,
        long[] dilation
    );
}

/// <summary>Max pooling over <c>[N, C, L]</c>.</summary>
[Layer("max_pool1d", "The greatest number of each window: makes a series shorter.")]
internal sealed record MaxPool1d : MaxPool
{
    private protected override int SpatialRank => 1;

    private protected override Tensor Apply(
        Tensor input,
        long[] kernel,
        long[] stride,
        long[] padding,
        long[] dilation
    ) => nn.functional.max_pool1d(input, kernel[0], stride[0], padding[0], dilation[0], CeilMode);
}

/// <summary>Max pooling over <c>[N, C, H, W]</c>.</summary>
[Layer("max_pool2d", "The greatest number of each window: makes a picture smaller.")]
internal sealed record MaxPool2d : MaxPool
{
    private protected override int SpatialRank => 2;

    private protected override Tensor Apply(
        Tensor input,
        long[] kernel,
        long[] stride,
        long[] padding,
        long[] dilation
    ) => nn.functional.max_pool2d(input, kernel, stride, padding, dilation, CeilMode);
}

/// <summary>Max pooling over <c>[N, C, D, H, W]</c>.</summary>
[Layer("max_pool3d", "The greatest number of each window: makes a volume smaller.")]
internal sealed record MaxPool3d : MaxPool
{
    private protected override int SpatialRank => 3;

    private protected override Tensor Apply(
        Tensor input,
        long[] kernel,
        long[] stride,
        long[] padding,
        long[] dilation
    ) => nn.functional.max_pool3d(input, kernel, stride, padding, dilation, CeilMode);
}
