using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Resizes a series, a picture or a volume.</summary>
/// <remarks>Source: PyTorch nn.Upsample.</remarks>
[Layer("upsample", "Resizes a picture, to a size or by a factor; most often to make it larger.")]
internal sealed record Upsample : LayerDefinition
{
    [Description(
        "Size of the output: one number for each spatial dimension, or one for all. Either this or scale_factor."
    )]
    [Range(1, int.MaxValue)]
    public Sizes? Size { get; init; }

    [Description(
        "Factor of each side; the result is rounded down. Either this or size. "
            + "Stricter than PyTorch, which also takes a factor for each side."
    )]
    [Range(1e-3, 1024.0)]
    public double? ScaleFactor { get; init; }

    [Description(
        "How numbers between those of the input are found: nearest; linear (series), bilinear or bicubic (pictures), "
            + "trilinear (volumes)."
    )]
    public UpsampleMode Mode { get; init; } = UpsampleMode.Nearest;

    [Description("Whether the corners of input and output are the same points. Not for nearest.")]
    public bool? AlignCorners { get; init; }

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        int[] ranks = Mode switch
        {
            UpsampleMode.Nearest => [2, 3, 4],
            UpsampleMode.Linear => [2],
            UpsampleMode.Trilinear => [4],
            _ => [3],
        };
        input = visit.RequireRank(input, ranks);
        if (Mode == UpsampleMode.Nearest && AlignCorners is not null)
            visit.Fail("align_corners", "Not for the mode nearest: leave it out, or choose another mode.");
        if (Size is null == ScaleFactor is null)
        {
            return visit.Fail(
                Size is null ? "size" : "scale_factor",
                Size is null
                    ? "Either size or scale_factor is needed."
                    : "There is a size as well: leave out one of size and scale_factor."
            );
        }

        if (!input.HasRank)
            return Shape.FromChannels(input.Channels);
        var rank = input.Rank - 1;
        if (Size is { } given && !visit.RequireSizes("size", given, rank))
            return Shape.FromChannels(input.Channels, rank);
        visit.Slide(Enumerable.Repeat(new Window(1, 1, 0), rank));
        if (Size is { } sizes)
            return new Shape([input.Sizes[0], .. sizes.Expand(rank)]);
        if (!input.IsKnown)
            return Shape.FromChannels(input.Channels, rank);
        long[] scaled = [.. input.Sizes.Skip(1).Select(side => (long)Math.Floor(side * ScaleFactor!.Value))];
        return scaled.All(side => side > 0)
            ? new Shape([input.Sizes[0], .. scaled])
            : visit.Fail("scale_factor", $"{ScaleFactor} leaves nothing of a side of the input {input}.");
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(
            node.Key,
            new UpsampleOperator([.. node.Output.Sizes.Skip(1)], ScaleFactor, Mode, AlignCorners ?? false),
            input
        );
}
