using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>What a convolution sees beyond the edge: what it pads by itself, or what has to be padded before it.</summary>
internal sealed class ConvolutionEdges
{
    private readonly (long Front, long Back)[] edges;

    private ConvolutionEdges((long Front, long Back)[] edges, PaddingMode mode)
    {
        this.edges = edges;
        IsInner = mode == PaddingMode.Zeros && edges.All(edge => edge.Front == edge.Back);
        Mode = mode == PaddingMode.Zeros ? "constant" : WireNames.Of(mode);
    }

    /// <summary>Whether the convolution pads by itself: zeros, as many at the front as at the back.</summary>
    public bool IsInner { get; }

    /// <summary>What the convolution pads by itself in each dimension.</summary>
    public long[] Inner => [.. edges.Select(edge => IsInner ? edge.Front : 0)];

    /// <summary>What is padded before it: (last dimension's front, back, ...), as <c>nn.functional.pad</c> takes it.</summary>
    public long[] Outer => [.. edges.Reverse().SelectMany(edge => new[] { edge.Front, edge.Back })];

    /// <summary>What is padded before it, as <c>nn.functional.pad</c> names it.</summary>
    public string Mode { get; }

    /// <summary>The edges of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="rank">Its spatial dimensions.</param>
    public static ConvolutionEdges From(Conv layer, int rank) =>
        new(
            layer.Padding.Sizes is { } sizes
                ? [.. sizes.Expand(rank).Select(size => (size, size))]
                // "same" puts the odd one at the back, as PyTorch does.
                :
                [
                    .. layer
                        .KernelSize.Expand(rank)
                        .Zip(layer.Dilation.Expand(rank), (size, gap) => gap * (size - 1))
                        .Select(total => (total / 2, total - (total / 2))),
                ],
            layer.PaddingMode
        );

    /// <summary>The shape of an input with the edges around it.</summary>
    public Shape Padded(Shape input) =>
        new([input.Sizes[0], .. input.Sizes.Skip(1).Zip(edges, (size, edge) => size + edge.Front + edge.Back)]);
}
