using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// Brings each channel of each input to mean 0 and standard deviation 1, by its own statistics.
/// </summary>
/// <remarks>Source: Ulyanov et al. 2016, arXiv:1607.08022; PyTorch nn.InstanceNorm2d.</remarks>
public abstract record InstanceNorm : LayerDefinition
{
    /// <summary>Number of channels.</summary>
    [Description("Number of channels; inferred, must agree if given."), Range(1, int.MaxValue)]
    public int? NumFeatures { get; init; }

    /// <summary>Added to the variance, against a division by zero.</summary>
    [Description("Added to the variance, against a division by zero."), Range(0.0, float.MaxValue)]
    public double Eps { get; init; } = 1e-5;

    /// <summary>Whether a learnt scale and shift follow.</summary>
    [Description("Whether a learnt scale and shift follow.")]
    public bool Affine { get; init; }

    /// <summary>Spatial dimensions.</summary>
    private protected abstract int SpatialRank { get; }

    internal sealed override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.SeesWholeInput();
        input = visit.RequireRank(input, SpatialRank + 1);
        visit.Agree("num_features", NumFeatures, input.Channels);
        if (input.HasRank && input.Sizes.Skip(1).All(side => side == 1))
            visit.Fail("type", $"Each channel of the input {input} has one element, which has no deviation.");
        if (!Affine)
            return input;
        visit.Tensor("weight", Initialization.Ones, input.Channels);
        visit.Tensor("bias", Initialization.Zeros, input.Channels);
        return input;
    }

    internal sealed override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            NumFeatures = (int)node.Input.Sizes[0],
        };

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input)
    {
        var (weight, bias) = Affine ? ($"{node.Key}.weight", $"{node.Key}.bias") : ((string?)null, (string?)null);
        return graph.Add(node.Key, new GroupNormOperator(input.Shape.Sizes[0], Eps, weight, bias), input);
    }
}

/// <summary>Instance norm over <c>[N, C, L]</c>.</summary>
[Layer("instance_norm1d", "Brings each channel of a series to mean 0 and standard deviation 1, by itself.")]
internal sealed record InstanceNorm1d : InstanceNorm
{
    private protected override int SpatialRank => 1;
}

/// <summary>Instance norm over <c>[N, C, H, W]</c>.</summary>
[Layer("instance_norm2d", "Brings each channel of a picture to mean 0 and standard deviation 1, by itself.")]
internal sealed record InstanceNorm2d : InstanceNorm
{
    private protected override int SpatialRank => 2;
}

/// <summary>Instance norm over <c>[N, C, D, H, W]</c>.</summary>
[Layer("instance_norm3d", "Brings each channel of a volume to mean 0 and standard deviation 1, by itself.")]
internal sealed record InstanceNorm3d : InstanceNorm
{
    private protected override int SpatialRank => 3;
}
