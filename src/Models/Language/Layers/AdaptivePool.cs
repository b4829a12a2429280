using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Pooling to a given output size, whatever the size of the input.</summary>
/// <remarks>Source: PyTorch nn.AdaptiveAvgPool2d.</remarks>
public abstract record AdaptivePool : LayerDefinition
{
    /// <summary>Size of the output.</summary>
    [Description(
        "Size of the output: one number for each dimension, or one for all; at least 1. "
            + "Stricter than PyTorch, which also takes 0, and None for the size of the input."
    )]
    [Range(1, int.MaxValue)]
    public required Sizes OutputSize { get; init; }

    /// <summary>Spatial dimensions.</summary>
    private protected abstract int SpatialRank { get; }

    internal sealed override Shape Infer(Shape input, LayerVisit visit)
    {
        var fits = visit.RequireSizes("output_size", OutputSize, SpatialRank);
        input = visit.RequireRank(input, SpatialRank + 1);
        if (!input.HasRank || !fits)
            return input.HasRank ? Shape.FromChannels(input.Channels, SpatialRank) : input;
        var sizes = OutputSize.Expand(SpatialRank);
        if (sizes.All(size => size == 1))
            visit.SeesWholeInput();
        else
            visit.Slide(input.Sizes.Skip(1).Zip(sizes, (side, size) => Window.Adaptive(Math.Max(1, side), size)));
        return new Shape([input.Sizes[0], .. sizes]);
    }

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new AdaptivePoolOperator(OutputSize.Expand(SpatialRank), IsMax), input);

    /// <summary>Whether the greatest element of each region counts; else the mean.</summary>
    private protected virtual bool IsMax => false;
}

/// <summary>Adaptive average pooling over <c>[N, C, L]</c>.</summary>
[Layer("adaptive_avg_pool1d", "Divides the input into output_size regions and gives the mean of each.")]
internal sealed record AdaptiveAvgPool1d : AdaptivePool
{
    private protected override int SpatialRank => 1;
}

/// <summary>Adaptive average pooling over <c>[N, C, H, W]</c>.</summary>
[Layer("adaptive_avg_pool2d", "Divides the input into output_size regions and gives the mean of each.")]
internal sealed record AdaptiveAvgPool2d : AdaptivePool
{
    private protected override int SpatialRank => 2;
}

/// <summary>Adaptive average pooling over <c>[N, C, D, H, W]</c>.</summary>
[Layer("adaptive_avg_pool3d", "Divides the input into output_size regions and gives the mean of each.")]
internal sealed record AdaptiveAvgPool3d : AdaptivePool
{
    private protected override int SpatialRank => 3;
}

/// <summary>Adaptive max pooling over <c>[N, C, L]</c>.</summary>
[Layer("adaptive_max_pool1d", "Divides the input into output_size regions and gives the greatest number of each.")]
internal sealed record AdaptiveMaxPool1d : AdaptivePool
{
    private protected override int SpatialRank => 1;

    private protected override bool IsMax => true;
}

/// <summary>Adaptive max pooling over <c>[N, C, H, W]</c>.</summary>
[Layer("adaptive_max_pool2d", "Divides the input into output_size regions and gives the greatest number of each.")]
internal sealed record AdaptiveMaxPool2d : AdaptivePool
{
    private protected override int SpatialRank => 2;

    private protected override bool IsMax => true;
}

/// <summary>Adaptive max pooling over <c>[N, C, D, H, W]</c>.</summary>
[Layer("adaptive_max_pool3d", "Divides the input into output_size regions and gives the greatest number of each.")]
internal sealed record AdaptiveMaxPool3d : AdaptivePool
{
    private protected override int SpatialRank => 3;

    private protected override bool IsMax => true;
}
