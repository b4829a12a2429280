using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Makes a picture larger: <c>r²</c> channels become the pixels of a square of side <c>r</c>.</summary>
/// <remarks>Source: Shi et al. 2016, arXiv:1609.05158; PyTorch nn.PixelShuffle.</remarks>
[Layer("pixel_shuffle", "Makes a picture larger: channels become pixels.")]
internal sealed record PixelShuffle : LayerDefinition
{
    [Description("Factor of both sides; its square must divide the channels."), Range(1, 1024)]
    public required int UpscaleFactor { get; init; }

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        input = visit.RequireRank(input, 3);
        if (!input.IsKnown)
            return Shape.Unknown;
        long factor = UpscaleFactor;
        visit.Slide([new Window(1, 1, 0), new Window(1, 1, 0)]);
        return input.Sizes[0] % (factor * factor) == 0
            ? new Shape(input.Sizes[0] / (factor * factor), input.Sizes[1] * factor, input.Sizes[2] * factor)
            : visit.Fail(
                "upscale_factor",
                $"{factor * factor}, its square, does not divide the {input.Sizes[0]} channels of the input {input}."
            );
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input)
    {
        var (sizes, factor) = (input.Shape.Sizes, (long)UpscaleFactor);
        var parts = new Shape(sizes[0] / (factor * factor), factor, factor, sizes[1], sizes[2]);
        var apart = graph.Add(node.Key, new ReshapeOperator(parts), input);
        var turned = graph.Add(node.Key, new PermuteOperator([0, 1, 4, 2, 5, 3]), apart);
        return graph.Add(node.Key, new ReshapeOperator(node.Output), turned);
    }
}
