using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using Padding = ModelService.Models.Tensors.Padding;

namespace ModelService.Models.Language.Layers;

/// <summary>A convolution: each output is a weighted sum over a window that slides over the input.</summary>
/// <remarks>Size of the output: see <see cref="Window"/>. Source: PyTorch nn.Conv2d, "Shape".</remarks>
public abstract record Conv : LayerDefinition
{
    /// <summary>Number of filters, which is that of the output channels.</summary>
    [Description("Number of filters, which is that of the output channels."), Range(1, int.MaxValue)]
    public required int OutChannels { get; init; }

    /// <summary>Size of the window.</summary>
    [Description("Size of the window."), Range(1, int.MaxValue)]
    public required Sizes KernelSize { get; init; }

    /// <summary>Step of the window.</summary>
    [Description("Step of the window."), Range(1, int.MaxValue)]
    public Sizes Stride { get; init; } = 1;

    /// <summary>Padding at both edges of each dimension.</summary>
    [Description(
        "Padding at both edges of each dimension; \"same\" keeps the size (stride 1 only), \"valid\" adds nothing."
    )]
    [Range(0, int.MaxValue)]
    public Padding Padding { get; init; } = 0;

    /// <summary>Distance between the window's elements.</summary>
    [Description("Distance between the window's elements."), Range(1, int.MaxValue)]
    public Sizes Dilation { get; init; } = 1;

    /// <summary>Number of groups that the channels are split into, each convolved by itself.</summary>
    [Description(
        "Number of groups that the channels are split into, each convolved by itself; as many groups as channels make "
            + "a depthwise convolution."
    )]
    [Range(1, int.MaxValue)]
    public int Groups { get; init; } = 1;

    /// <summary>Whether a learnt bias is added to each output channel.</summary>
    [Description("Whether a learnt bias is added to each output channel.")]
    public bool Bias { get; init; } = true;

    /// <summary>The values that are read beyond the edge of the input.</summary>
    [Description("The values that are read beyond the edge of the input.")]
    public PaddingMode PaddingMode { get; init; } = PaddingMode.Zeros;

    /// <summary>Number of input channels.</summary>
    [Description("Number of input channels; inferred, must agree if given."), Range(1, int.MaxValue)]
    public int? InChannels { get; init; }

    /// <summary>Spatial dimensions.</summary>
    private protected abstract int SpatialRank { get; }

    internal sealed override LayerDefinition WithOutputs(int count) => this with { OutChannels = count };

    internal sealed override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            InChannels = (int)node.Input.Sizes[0],
        };

    internal sealed override Shape Infer(Shape input, LayerVisit visit)
    {
        var fits =
            visit.RequireSizes("kernel_size", KernelSize, SpatialRank)
            & visit.RequireSizes("stride", Stride, SpatialRank)
            & visit.RequireSizes("dilation", Dilation, SpatialRank)
            & (Padding.Sizes is null || visit.RequireSizes("padding", Padding.Sizes, SpatialRank));
        if (OutChannels % Groups != 0)
            visit.Fail("groups", $"out_channels {OutChannels} can't be split into {Groups} groups of equal size.");
        if (Padding.Sizes is null && Stride.Values.Any(step => step != 1))
            visit.Fail("padding", $"\"same\" needs a stride of 1, not {Stride}.");

        input = visit.RequireRank(input, SpatialRank + 1);
        var channels = input.Channels;
        visit.Agree("in_channels", InChannels, channels);
        if (channels != Shape.UnknownSize && channels % Groups != 0)
        {
            visit.Fail(
                "groups",
                $"The {channels} channels of the input can't be split into {Groups} groups of equal size."
            );
        }

        if (!fits)
            return input.HasRank ? Shape.FromChannels(OutChannels, SpatialRank) : Shape.FromChannels(OutChannels);

        var kernel = KernelSize.Expand(SpatialRank);
        var perGroup = channels == Shape.UnknownSize ? channels : channels / Groups;
        var fanIn = Shape.Product([perGroup, .. kernel]);
        visit.Tensor("weight", Initialization.KaimingUniform(fanIn), [OutChannels, perGroup, .. kernel]);
        if (Bias)
            visit.Tensor("bias", Initialization.FanInUniform(fanIn), OutChannels);
        if (!input.HasRank)
            return Shape.FromChannels(OutChannels);

        var output = new Shape([OutChannels, .. Slide(input, visit)]);
        visit.Macs(output, fanIn);
        return output;
    }

    internal sealed override (string Name, Shape Shape)? Scratch(Shape input) =>
        ConvolutionEdges.From(this, SpatialRank) is { IsInner: false } edges
            ? ("input with its padding", edges.Padded(input))
            : null;

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input)
    {
        var edges = ConvolutionEdges.From(this, SpatialRank);
        if (!edges.IsInner)
            input = graph.Add(node.Key, new PadOperator(edges.Outer, edges.Mode), input);
        return graph.Add(
            node.Key,
            new ConvolutionOperator(new NamedWeights($"{node.Key}.weight") { Bias = Bias ? $"{node.Key}.bias" : null })
            {
                Channels = OutChannels,
                Kernel = KernelSize.Expand(SpatialRank),
                Stride = Stride.Expand(SpatialRank),
                Padding = edges.Inner,
                Dilation = Dilation.Expand(SpatialRank),
                Groups = Groups,
            },
            input
        );
    }

    private IEnumerable<long> Slide(Shape input, LayerVisit visit)
    {
        var (kernel, stride, dilation) = (
            KernelSize.Expand(SpatialRank),
            Stride.Expand(SpatialRank),
            Dilation.Expand(SpatialRank)
        );
        if (Padding.Sizes is null)
        {
            visit.Slide(kernel.Zip(dilation, (size, gap) => new Window(size, 1, 0, gap)));
            return PaddingFitsMode(input, [.. kernel.Zip(dilation, (size, gap) => ((gap * (size - 1)) + 1) / 2)], visit)
                ? input.Sizes.Skip(1)
                : UnknownSides();
        }

        var padding = Padding.Sizes.Expand(SpatialRank);
        if (!PaddingFitsMode(input, padding, visit))
            return UnknownSides();
        return Enumerable
            .Range(0, SpatialRank)
            .Select(dimension =>
                visit.Slide(
                    input,
                    dimension,
                    new Window(kernel[dimension], stride[dimension], padding[dimension], dilation[dimension])
                )
            )
            .ToList();
    }

    // PyTorch refuses such padding when the network runs: a reflection must be shorter than the input, and a circular
    // continuation at most as long as the input.
    private bool PaddingFitsMode(Shape input, IReadOnlyList<long> padding, LayerVisit visit)
    {
        var slack = PaddingMode switch
        {
            PaddingMode.Reflect => 1,
            PaddingMode.Circular => 0,
            _ => (int?)null,
        };
        if (
            slack is null
            || !padding
                .Where(
                    (size, dimension) =>
                        input.Sizes[dimension + 1] is not Shape.UnknownSize and var side && size > side - slack
                )
                .Any()
        )
        {
            return true;
        }

        visit.Fail(
            "padding",
            $"padding_mode {WireNames.Get(PaddingMode)} can add at most "
                + $"{(slack == 1 ? "one less than the input's size" : "the input's size")}; the input is {input}."
        );
        return false;
    }

    private IEnumerable<long> UnknownSides() => Enumerable.Repeat(Shape.UnknownSize, SpatialRank);
}

/// <summary>Convolution over <c>[N, C, L]</c>.</summary>
[Layer("conv1d", "Convolution of a series: each output is a weighted sum over a window that slides along it.")]
internal sealed record Conv1d : Conv
{
    private protected override int SpatialRank => 1;
}

/// <summary>Convolution over <c>[N, C, H, W]</c>.</summary>
[Layer("conv2d", "Convolution of a picture: each output is a weighted sum over a window that slides over it.")]
internal sealed record Conv2d : Conv
{
    private protected override int SpatialRank => 2;
}

/// <summary>Convolution over <c>[N, C, D, H, W]</c>.</summary>
[Layer("conv3d", "Convolution of a volume: each output is a weighted sum over a window that slides through it.")]
internal sealed record Conv3d : Conv
{
    private protected override int SpatialRank => 3;
}
