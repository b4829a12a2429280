using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

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
    private const string PythonClass = """
        class Filter2d(nn.Module):
            def __init__(self, channels, kernel):
                super().__init__()
                self.channels = channels
                kernel = torch.tensor(kernel).reshape(1, 1, 3, 3).repeat(channels, 1, 1, 1)
                self.register_buffer("kernel", kernel, persistent=False)

            def forward(self, x):
                return nn.functional.conv2d(x, self.kernel, padding=1, groups=self.channels)
        """;

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

        // A shape of its own: receptive fields are kept by the shape, and that of the output is larger.
        return new Shape([.. input.Sizes]);
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(
            node.Key,
            new ConvolutionOperator(new FixedWeights(Preset.Kernel(), node.Input.Sizes[0]))
            {
                Channels = node.Input.Sizes[0],
                Kernel = [3, 3],
                Stride = [1, 1],
                Padding = [1, 1],
                Dilation = [1, 1],
                Groups = node.Input.Sizes[0],
            },
            input
        );

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        block.UseClass(PythonClass);
        return block.Call(node, $"Filter2d({node.Input.Sizes[0]}, {PyTorchExpression.Format(Preset.Kernel())})", input);
    }
}
