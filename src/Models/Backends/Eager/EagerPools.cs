using ModelService.Models.Graph;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using UpsampleMode = ModelService.Models.Graph.UpsampleMode;

namespace ModelService.Models.Backends.Eager;

/// <summary>Pools, and the change of size, in TorchSharp. The caller disposes the results.</summary>
internal static class EagerPools
{
    /// <summary>The greatest element of each window.</summary>
    public static Tensor MaxPool(PoolGeometry pool, Tensor x) =>
        pool.Rank switch
        {
            1 => functional.max_pool1d(
                x,
                pool.Kernel[0],
                pool.Stride[0],
                pool.Padding[0],
                pool.Dilation[0],
                pool.CeilMode
            ),
            2 => functional.max_pool2d(x, pool.Kernel, pool.Stride, pool.Padding, pool.Dilation, pool.CeilMode),
            _ => functional.max_pool3d(x, pool.Kernel, pool.Stride, pool.Padding, pool.Dilation, pool.CeilMode),
        };

    /// <summary>The mean of each window.</summary>
    public static Tensor AvgPool(AvgPoolOperator item, Tensor x)
    {
        var pool = item.Geometry;
        return pool.Rank switch
        {
            1 => functional.avg_pool1d(
                x,
                pool.Kernel[0],
                pool.Stride[0],
                pool.Padding[0],
                pool.CeilMode,
                item.CountIncludePad
            ),
            2 => functional.avg_pool2d(
                x,
                pool.Kernel,
                pool.Stride,
                pool.Padding,
                pool.CeilMode,
                item.CountIncludePad,
                item.DivisorOverride
            ),
            _ => functional.avg_pool3d(
                x,
                pool.Kernel,
                pool.Stride,
                pool.Padding,
                pool.CeilMode,
                item.CountIncludePad,
                item.DivisorOverride
            ),
        };
    }

    /// <summary>Pools to a given size.</summary>
    public static Tensor AdaptivePool(AdaptivePoolOperator item, Tensor x) =>
        (item.OutputSize.Length, item.IsMax) switch
        {
            (1, false) => functional.adaptive_avg_pool1d(x, item.OutputSize[0]),
            (2, false) => functional.adaptive_avg_pool2d(x, item.OutputSize),
            (3, false) => functional.adaptive_avg_pool3d(x, item.OutputSize),
            (1, true) => functional.adaptive_max_pool1d(x, item.OutputSize[0]),
            (2, true) => functional.adaptive_max_pool2d(x, item.OutputSize),
            _ => AdaptiveMaxPool3d(item.OutputSize, x),
        };

    /// <summary>Resizes.</summary>
    public static Tensor Upsample(UpsampleOperator item, Tensor x)
    {
        var mode = item.Mode switch
        {
            UpsampleMode.Linear => InterpolationMode.Linear,
            UpsampleMode.Bilinear => InterpolationMode.Bilinear,
            UpsampleMode.Bicubic => InterpolationMode.Bicubic,
            UpsampleMode.Trilinear => InterpolationMode.Trilinear,
            _ => InterpolationMode.Nearest,
        };
        return functional.interpolate(
            x,
            item.Scale is null ? item.Size : null,
            item.Scale is { } scale ? [.. Enumerable.Repeat(scale, item.Size.Length)] : null,
            mode,
            item.Mode == UpsampleMode.Nearest ? null : item.AlignCorners
        );
    }

    // TorchSharp 0.107's adaptive_max_pool3d calls libtorch's function for series. The greatest of a box is the
    // greatest along its depth of the greatest of its slices.
    private static Tensor AdaptiveMaxPool3d(long[] size, Tensor x)
    {
        var (batch, channels, depth) = (x.shape[0], x.shape[1], x.shape[2]);
        var slices = functional.adaptive_max_pool2d(x.flatten(0, 1), [size[1], size[2]]);
        var columns = slices.reshape(batch * channels, depth, size[1] * size[2]).transpose(1, 2);
        return functional
            .adaptive_max_pool1d(columns, size[0])
            .transpose(1, 2)
            .reshape(batch, channels, size[0], size[1], size[2]);
    }
}
