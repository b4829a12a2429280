using System.ComponentModel;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Language.Layers;

/// <summary>A filter of image processing: a fixed 3x3 convolution of each channel by itself, never trained.</summary>
/// <remarks>
/// Cross-correlation as in PyTorch's conv2d. Zero padding of 1 keeps the size. The kernel is not in the state dict.
/// </remarks>
[Layer(
    "filter2d",
    "A fixed filter of image processing, such as an edge detector; each channel by itself, never trained."
)]
internal sealed record Filter2d : LayerDefinition
{
    [Description("Name of the filter.")]
    public required FilterPreset Preset { get; init; }

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        input = visit.RequireRank(input, 3);
        if (!input.HasRank)
            return input;
        visit.Slide([new Window(3, 1, 1), new Window(3, 1, 1)]);
        visit.Macs(input, 9);
        visit.Fixed(9 * input.Sizes[0]);
        return input;
    }

    internal override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent) =>
        parent.Add(node, new Filter(Preset.Kernel(), node.Input.Sizes[0])).call;

    internal override Value Emit(LayerNode node, GraphBuilder plan, Value input) =>
        plan.Add(
            new ConvolutionOperator
            {
                Key = node.Key,
                Inputs = [input],
                Output = plan.NewValue(node.Output),
                Weights = new FixedWeights(Preset.Kernel(), node.Input.Sizes[0]),
                Kernel = [3, 3],
                Stride = [1, 1],
                Padding = [1, 1],
                Dilation = [1, 1],
                Groups = node.Input.Sizes[0],
            }
        );

    private sealed class Filter : nn.Module<Tensor, Tensor>
    {
        private readonly long channels;

        public Filter(IEnumerable<double> kernel, long channels)
            : base(nameof(Filter))
        {
            this.channels = channels;

            // The kernel is a buffer, so that the module owns it and not a dispose scope. The buffer is not persistent,
            // so that it stays out of the state dict; such a buffer does not move to a device with its module.
            register_buffer(
                "kernel",
                tensor(kernel.Select(value => (float)value).ToArray(), [1, 1, 3, 3])
                    .repeat(channels, 1, 1, 1)
                    .DetachFromDisposeScope(),
                persistent: false
            );
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var kernel = get_buffer("kernel")!.to(input.dtype, input.device);
            return nn.functional.conv2d(input, kernel, padding: [1, 1], groups: channels).MoveToOuterDisposeScope();
        }
    }
}
