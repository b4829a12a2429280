using ModelService.Models.Language.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.Eager;

/// <summary>Computes a convolution layer over the parameters of a TorchSharp module, which owns them.</summary>
internal sealed class Convolution
{
    // oneDNN lays channels out in blocks of 8, or of 16 with AVX-512.
    private const long Block = 16;

    private readonly TorchSharp.Modules.Convolution module;
    private readonly long[] stride;
    private readonly long[] dilation;
    private readonly long groups;

    // The padding that the convolution does by itself, and the padding before it in the order of nn.functional.pad: the
    // last dimension's front, its back, and so on.
    private readonly long[] innerPadding;
    private readonly long[]? outerPadding;
    private readonly PaddingModes mode;
    private readonly long[]? channelPadding;

    /// <summary>Prepares the computation.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="rank">Number of the layer's spatial dimensions.</param>
    /// <param name="module">Holds weight <c>[O, I / groups, ...kernel]</c> and bias <c>[O]</c>; borrowed.</param>
    /// <param name="channels">I.</param>
    public Convolution(Conv layer, int rank, TorchSharp.Modules.Convolution module, long channels)
    {
        this.module = module;
        (stride, dilation, groups) = (layer.Stride.Expand(rank), layer.Dilation.Expand(rank), layer.Groups);
        var edges = ConvolutionEdges.From(layer, rank);
        (innerPadding, outerPadding) = (edges.Inner, edges.IsInner ? null : edges.Outer);
        mode = layer.PaddingMode switch
        {
            PaddingMode.Zeros => PaddingModes.Constant,
            PaddingMode.Reflect => PaddingModes.Reflect,
            PaddingMode.Replicate => PaddingModes.Replicate,
            _ => PaddingModes.Circular,
        };

        // libtorch 2.10's oneDNN (3.7.1) can leave the rest of a channel block unwritten when it lays out the input and
        // the weights. Then it multiplies the garbage: scores were wrong or NaN for 17, 20, 24, 40 and other numbers of
        // input channels, on a virtual machine that hides its caches. Blocks padded with zeros leave no rest.
        // docs/decisions/0005 has the measurements.
        if (groups == 1 && channels > Block / 2 && channels % Block != 0)
            channelPadding = [.. new long[2 * rank], 0, Block - (channels % Block)];
    }

    /// <summary>
    /// Computes <c>[N, O, ...]</c> from <c>[N, I, ...]</c>, which it borrows; the caller owns the result.
    /// </summary>
    public Tensor Forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var padded = input;
        Tensor weight = module.weight!;
        if (outerPadding is not null)
            padded = nn.functional.pad(padded, outerPadding, mode);
        if (channelPadding is not null && input.device_type == DeviceType.CPU)
            (padded, weight) = (nn.functional.pad(padded, channelPadding), nn.functional.pad(weight, channelPadding));
        return Apply(padded, weight).MoveToOuterDisposeScope();
    }

    private Tensor Apply(Tensor input, Tensor weight) =>
        stride.Length switch
        {
            1 => nn.functional.conv1d(input, weight, module.bias, stride[0], innerPadding[0], dilation[0], groups),
            2 => nn.functional.conv2d(input, weight, module.bias, stride, innerPadding, dilation, groups),
            _ => nn.functional.conv3d(input, weight, module.bias, stride, innerPadding, dilation, groups),
        };
}
