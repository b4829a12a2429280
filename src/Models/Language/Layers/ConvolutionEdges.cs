using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>The padding of a convolution: done by the convolution itself, or by an operator before it.</summary>
internal sealed class ConvolutionEdges
{
    private readonly (long Front, long Back)[] edges;

    private ConvolutionEdges((long Front, long Back)[] edges, PaddingMode mode)
    {
        this.edges = edges;
        IsInner = mode == PaddingMode.Zeros && edges.All(edge => edge.Front == edge.Back);
        Mode = mode;
    }

    /// <summary>Whether the convolution pads by itself: with zeros, as many at the front as at the back.</summary>
    public bool IsInner { get; }

    /// <summary>The padding that the convolution does by itself, for each dimension.</summary>
    public long[] Inner => [.. edges.Select(edge => IsInner ? edge.Front : 0)];

    /// <summary>The edges padded before the convolution, the channels' (none) first.</summary>
    public (long Front, long Back)[] Outer => [(0, 0), .. edges];

    /// <summary>What these edges hold.</summary>
    public PaddingMode Mode { get; }

    /// <summary>Works out the padding of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="rank">Its spatial dimensions.</param>
    public static ConvolutionEdges From(Conv layer, int rank) =>
        new(
            layer.Padding.Sizes is { } sizes
                ? [.. sizes.Expand(rank).Select(size => (size, size))]
                // An odd total: "same" puts the additional one at the back, as PyTorch does.
                :
                [
                    .. layer
                        .KernelSize.Expand(rank)
                        .Zip(layer.Dilation.Expand(rank), (size, gap) => gap * (size - 1))
                        .Select(total => (total / 2, total - (total / 2))),
                ],
            layer.PaddingMode
        );

    /// <summary>The shape of an input with the padding around it.</summary>
    public Shape Padded(Shape input) =>
        new([input.Sizes[0], .. input.Sizes.Skip(1).Zip(edges, (size, edge) => size + edge.Front + edge.Back)]);
}
