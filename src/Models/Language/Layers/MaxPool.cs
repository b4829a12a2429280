using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Max pooling: the greatest number of each window.</summary>
/// <remarks>Source: PyTorch nn.MaxPool2d.</remarks>
public abstract record MaxPool : Pool
{
    /// <summary>Distance between the window's elements.</summary>
    [Description("Distance between the window's elements."), Range(1, int.MaxValue)]
    public Sizes Dilation { get; init; } = 1;

    private protected sealed override Sizes WindowDilation => Dilation;

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new MaxPoolOperator(Geometry), input);
}

/// <summary>Max pooling over <c>[N, C, L]</c>.</summary>
[Layer("max_pool1d", "The greatest number of each window: makes a series shorter.")]
internal sealed record MaxPool1d : MaxPool
{
    private protected override int SpatialRank => 1;
}

/// <summary>Max pooling over <c>[N, C, H, W]</c>.</summary>
[Layer("max_pool2d", "The greatest number of each window: makes a picture smaller.")]
internal sealed record MaxPool2d : MaxPool
{
    private protected override int SpatialRank => 2;
}

/// <summary>Max pooling over <c>[N, C, D, H, W]</c>.</summary>
[Layer("max_pool3d", "The greatest number of each window: makes a volume smaller.")]
internal sealed record MaxPool3d : MaxPool
{
    private protected override int SpatialRank => 3;
}
