using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Pooling: a window slides over each channel and gives one number at each position.</summary>
/// <remarks>
/// Size of the output: see <see cref="Window"/>. Source: PyTorch nn.MaxPool2d and nn.AvgPool2d, "Shape".
/// </remarks>
public abstract record Pool : LayerDefinition
{
    /// <summary>Size of the window.</summary>
    [Description("Size of the window."), Range(1, int.MaxValue)]
    public required Sizes KernelSize { get; init; }

    /// <summary>Step of the window; the window's size when null.</summary>
    [Description("Step of the window; the window's size when left out."), Range(1, int.MaxValue)]
    public Sizes? Stride { get; init; }

    /// <summary>Padding at both edges of each dimension, at most half the window.</summary>
    [Description("Padding at both edges of each dimension, at most half the window."), Range(0, int.MaxValue)]
    public Sizes Padding { get; init; } = 0;

    /// <summary>Whether a window that reaches beyond the end still counts.</summary>
    [Description("Whether a window that reaches beyond the end still counts.")]
    public bool CeilMode { get; init; }

    /// <summary>Spatial dimensions.</summary>
    private protected abstract int SpatialRank { get; }

    /// <summary>Distance between the window's elements.</summary>
    private protected virtual Sizes WindowDilation => 1;

    /// <summary>Whether the window must fit into the input without its padding.</summary>
    private protected virtual bool MustFitUnpadded => false;

    /// <summary>How the window slides, for each spatial dimension.</summary>
    private protected PoolGeometry Geometry =>
        new(
            KernelSize.Expand(SpatialRank),
            (Stride ?? KernelSize).Expand(SpatialRank),
            Padding.Expand(SpatialRank),
            WindowDilation.Expand(SpatialRank),
            CeilMode
        );

    internal sealed override Shape Infer(Shape input, LayerVisit visit)
    {
        var fits =
            visit.RequireSizes("kernel_size", KernelSize, SpatialRank)
            & visit.RequireSizes("stride", Stride ?? KernelSize, SpatialRank)
            & visit.RequireSizes("padding", Padding, SpatialRank)
            & visit.RequireSizes("dilation", WindowDilation, SpatialRank);
        if (
            fits
            && Padding.Expand(SpatialRank).Zip(KernelSize.Expand(SpatialRank)).Any(pair => pair.First > pair.Second / 2)
        )
        {
            visit.Fail("padding", $"{Padding} is more than half the window ({KernelSize}).");
            fits = false;
        }

        input = visit.RequireRank(input, SpatialRank + 1);
        if (!input.HasRank || !fits)
            return input.HasRank ? Shape.FromChannels(input.Channels, SpatialRank) : input;
        var (kernel, stride) = (KernelSize.Expand(SpatialRank), (Stride ?? KernelSize).Expand(SpatialRank));
        var (padding, dilation) = (Padding.Expand(SpatialRank), WindowDilation.Expand(SpatialRank));
        if (
            MustFitUnpadded
            && kernel
                .Where(
                    (size, dimension) => input.Sizes[dimension + 1] is not Shape.UnknownSize and var side && size > side
                )
                .Any()
        )
        {
            visit.Fail(
                "kernel_size",
                $"The window of {KernelSize} is larger than the input {input}. "
                    + "Here PyTorch requires a window that fits without the padding."
            );
            return Shape.FromChannels(input.Channels, SpatialRank);
        }

        return new Shape([
            input.Sizes[0],
            .. Enumerable
                .Range(0, SpatialRank)
                .Select(dimension =>
                    visit.Slide(
                        input,
                        dimension,
                        new Window(
                            kernel[dimension],
                            stride[dimension],
                            padding[dimension],
                            dilation[dimension],
                            CeilMode
                        )
                    )
                ),
        ]);
    }
}
