using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Adds an edge around a picture.</summary>
/// <remarks>Source: PyTorch nn.ZeroPad2d, nn.ReflectionPad2d, nn.ReplicationPad2d.</remarks>
public abstract record PadLayer : LayerDefinition
{
    /// <summary>Elements added at each side.</summary>
    [Description(
        "Elements added at each side: one number for all, or [left, right, top, bottom]. At least 0; stricter than "
            + "PyTorch, which cuts off where a number is negative."
    )]
    [Range(0, 65_536)]
    public required Sizes Padding { get; init; }

    /// <summary>What the edge holds.</summary>
    private protected abstract PaddingMode Mode { get; }

    private (long Front, long Back)[] Edges =>
        Padding.Expand(4) is [var left, var right, var top, var bottom] ? [(0, 0), (top, bottom), (left, right)] : [];

    internal sealed override Shape Infer(Shape input, LayerVisit visit)
    {
        input = visit.RequireRank(input, 3);
        if (!visit.RequireSizes("padding", Padding, 4) || !input.HasRank)
            return Shape.FromChannels(input.Channels, 2);
        var edges = Edges.Skip(1).ToList();
        foreach (var (side, edge) in input.Sizes.Skip(1).Zip(edges))
        {
            if (Mode == PaddingMode.Reflect && side != Shape.UnknownSize && Math.Max(edge.Front, edge.Back) >= side)
            {
                return visit.Fail(
                    "padding",
                    $"A mirrored edge is at most one less than the side: {Padding} does not fit the input {input}."
                );
            }
        }

        visit.Slide(edges.Select(_ => new Window(1, 1, 0)));
        return new Shape([
            input.Sizes[0],
            .. input.Sizes.Skip(1).Zip(edges, (side, edge) => side < 0 ? side : side + edge.Front + edge.Back),
        ]);
    }

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new PadOperator(Edges, Mode), input);
}

/// <summary>An edge of zeros.</summary>
[Layer("zero_pad2d", "Adds an edge of zeros around a picture.")]
internal sealed record ZeroPad2d : PadLayer
{
    private protected override PaddingMode Mode => PaddingMode.Zeros;
}

/// <summary>The picture mirrored at its edge.</summary>
[Layer("reflection_pad2d", "Continues a picture beyond its edge as in a mirror.")]
internal sealed record ReflectionPad2d : PadLayer
{
    private protected override PaddingMode Mode => PaddingMode.Reflect;
}

/// <summary>The edge repeated.</summary>
[Layer("replication_pad2d", "Repeats the edge of a picture.")]
internal sealed record ReplicationPad2d : PadLayer
{
    private protected override PaddingMode Mode => PaddingMode.Replicate;
}
