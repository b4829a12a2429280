using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Layers;

/// <summary>Average pooling: the mean of each window.</summary>
/// <remarks>Source: PyTorch nn.AvgPool2d.</remarks>
public abstract record AvgPool : Pool
{
    /// <summary>Whether the padding's zeros count in the mean.</summary>
    [Description("Whether the padding's zeros count in the mean.")]
    public bool CountIncludePad { get; init; } = true;

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new AvgPoolOperator(Geometry, CountIncludePad, Divisor), input);

    /// <summary>The divisor of each window's sum; null for the window's size.</summary>
    private protected virtual int? Divisor => null;
}

/// <summary>Average pooling over <c>[N, C, L]</c>.</summary>
[Layer("avg_pool1d", "The mean of each window: makes a series shorter.")]
internal sealed record AvgPool1d : AvgPool
{
    private protected override int SpatialRank => 1;
}

/// <summary>Average pooling over <c>[N, C, H, W]</c>.</summary>
[Layer("avg_pool2d", "The mean of each window: makes a picture smaller.")]
internal sealed record AvgPool2d : AvgPool
{
    [Description("Divisor of the sum, instead of the window's size."), Range(1, int.MaxValue)]
    public int? DivisorOverride { get; init; }

    private protected override int SpatialRank => 2;

    private protected override int? Divisor => DivisorOverride;
}

/// <summary>Average pooling over <c>[N, C, D, H, W]</c>.</summary>
[Layer("avg_pool3d", "The mean of each window: makes a volume smaller.")]
internal sealed record AvgPool3d : AvgPool
{
    [Description("Divisor of the sum, instead of the window's size."), Range(1, int.MaxValue)]
    public int? DivisorOverride { get; init; }

    private protected override int SpatialRank => 3;

    private protected override bool MustFitUnpadded => true;

    private protected override int? Divisor => DivisorOverride;
}
