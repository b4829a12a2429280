using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Makes the picture smaller: a window slides over each channel and leaves one number behind at each place.</summary>
/// <remarks>Size out: see <see cref="Window"/>. Source: PyTorch nn.MaxPool2d and nn.AvgPool2d, "Shape".</remarks>
public abstract record Pool : LayerDefinition
{
    /// <summary>Size of the window.</summary>
    [Description("Size of the window."), Range(1, int.MaxValue)]
    public required Sizes KernelSize { get; init; }

    /// <summary>Steps of the window; its size when null.</summary>
    [Description("Step of the window; its size when left out."), Range(1, int.MaxValue)]
    public Sizes? Stride { get; init; }

    /// <summary>What is added at both edges, at most half the window.</summary>
    [Description("What is added at both edges of each dimension, at most half the window."), Range(0, int.MaxValue)]
    public Sizes Padding { get; init; } = 0;

    /// <summary>Whether a window that hangs over the end still counts.</summary>
    [Description("Whether a window that hangs over the end still counts.")]
    public bool CeilMode { get; init; }

    /// <summary>Spatial dimensions.</summary>
    private protected abstract int SpatialRank { get; }

    /// <summary>Distance between the window's elements.</summary>
    private protected virtual Sizes Spread => 1;

    /// <summary>Whether the window must fit into the input without its padding.</summary>
    private protected virtual bool FitsUnpadded => false;

    internal sealed override Shape Infer(Shape input, LayerVisit visit)
    {
        var fits =
            visit.RequireSizes("kernel_size", KernelSize, SpatialRank)
            & visit.RequireSizes("stride", Stride ?? KernelSize, SpatialRank)
            & visit.RequireSizes("padding", Padding, SpatialRank)
            & visit.RequireSizes("dilation", Spread, SpatialRank);
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
        var (padding, dilation) = (Padding.Expand(SpatialRank), Spread.Expand(SpatialRank));
        if (
            FitsUnpadded
            && kernel
                .Where(
                    (size, dimension) => input.Sizes[dimension + 1] is not Shape.UnknownSize and var side && size > side
                )
                .Any()
        )
        {
            visit.Fail(
                "kernel_size",
                $"The window of {KernelSize} is larger than the input {input}. PyTorch wants it to fit without the padding here."
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
