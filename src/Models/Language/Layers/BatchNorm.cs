using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// Brings each channel to mean 0 and standard deviation 1 by statistics kept from training, then scales and shifts it.
/// </summary>
/// <remarks>
/// <c>(x - mean) / sqrt(var + eps) * weight + bias</c>. Source: Ioffe and Szegedy 2015, arXiv:1502.03167;
/// PyTorch nn.BatchNorm2d.
/// </remarks>
public abstract record BatchNorm : LayerDefinition
{
    /// <summary>Number of channels.</summary>
    [Description("Number of channels; inferred, must agree if given."), Range(1, int.MaxValue)]
    public int? NumFeatures { get; init; }

    /// <summary>Added to the variance, against a division by zero.</summary>
    [Description("Added to the variance, against a division by zero."), Range(0.0, float.MaxValue)]
    public double Eps { get; init; } = 1e-5;

    /// <summary>Weight of a training batch's statistics when the running ones are updated.</summary>
    [Description("Weight of a training batch's statistics when the running ones are updated.")]
    public double Momentum { get; init; } = 0.1;

    /// <summary>Whether a learnt scale and shift follow.</summary>
    [Description("Whether a learnt scale and shift follow.")]
    public bool Affine { get; init; } = true;

    /// <summary>
    /// Whether statistics are kept from training. Only true is accepted: without them, the scores of an input would
    /// depend on the other inputs of its batch.
    /// </summary>
    [Description(
        "Whether statistics are kept from training. Must be true here: without them, the scores of an input would "
            + "depend on the other inputs of its batch."
    )]
    public bool TrackRunningStats { get; init; } = true;

    /// <summary>Number of dimensions that the input may have, without the batch dimension.</summary>
    private protected abstract IReadOnlyList<int> Ranks { get; }

    internal sealed override Shape Infer(Shape input, LayerVisit visit)
    {
        if (!TrackRunningStats)
        {
            visit.Fail(
                "track_running_stats",
                "It must be true: without kept statistics, the scores of an input would depend on the other inputs of "
                    + "its batch. Stricter than PyTorch."
            );
        }

        input = visit.RequireRank(input, Ranks);
        var channels = input.Channels;
        visit.Agree("num_features", NumFeatures, channels);
        if (Affine)
        {
            visit.Tensor("weight", Initialization.Ones, channels);
            visit.Tensor("bias", Initialization.Zeros, channels);
        }

        visit.Buffer("running_mean", Initialization.Zeros, channels);
        visit.Buffer("running_var", Initialization.Ones, channels);
        visit.Counter("num_batches_tracked");
        return input;
    }

    internal sealed override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            NumFeatures = (int)node.Input.Sizes[0],
        };

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new BatchNormOperator(new Norm(node.Key, Eps, Affine, Momentum)), input);
}

/// <summary>Batch norm over <c>[N, C]</c> or <c>[N, C, L]</c>.</summary>
[Layer(
    "batch_norm1d",
    "Brings each channel of a series to mean 0 and standard deviation 1, then scales and shifts it."
)]
internal sealed record BatchNorm1d : BatchNorm
{
    private protected override IReadOnlyList<int> Ranks => [1, 2];
}

/// <summary>Batch norm over <c>[N, C, H, W]</c>.</summary>
[Layer(
    "batch_norm2d",
    "Brings each channel of a picture to mean 0 and standard deviation 1, then scales and shifts it."
)]
internal sealed record BatchNorm2d : BatchNorm
{
    private protected override IReadOnlyList<int> Ranks => [3];
}

/// <summary>Batch norm over <c>[N, C, D, H, W]</c>.</summary>
[Layer(
    "batch_norm3d",
    "Brings each channel of a volume to mean 0 and standard deviation 1, then scales and shifts it."
)]
internal sealed record BatchNorm3d : BatchNorm
{
    private protected override IReadOnlyList<int> Ranks => [4];
}
