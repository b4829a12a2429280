using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// Brings groups of channels to mean 0 and standard deviation 1, each input by itself, then scales and shifts each
/// channel.
/// </summary>
/// <remarks>Source: Wu and He 2018, arXiv:1803.08494; PyTorch nn.GroupNorm.</remarks>
[Layer(
    "group_norm",
    "Brings groups of channels to mean 0 and standard deviation 1, then scales and shifts each channel."
)]
internal sealed record GroupNorm : LayerDefinition
{
    [Description("Number of groups that the channels are split into."), Range(1, int.MaxValue)]
    public required int NumGroups { get; init; }

    [Description("Number of channels; inferred, must agree if given."), Range(1, int.MaxValue)]
    public int? NumChannels { get; init; }

    [Description("Added to the variance, against a division by zero."), Range(0.0, float.MaxValue)]
    public double Eps { get; init; } = 1e-5;

    [Description("Whether a learnt scale and shift follow.")]
    public bool Affine { get; init; } = true;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.SeesWholeInput();
        var channels = input.Channels;
        visit.Agree("num_channels", NumChannels, channels);
        if (channels != Shape.UnknownSize && channels % NumGroups != 0)
            visit.Fail("num_groups", $"{channels} channels can't be split into {NumGroups} groups of equal size.");
        if (!Affine)
            return input;
        visit.Tensor("weight", Initialization.Ones, channels);
        visit.Tensor("bias", Initialization.Zeros, channels);
        return input;
    }

    internal override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            NumChannels = (int)node.Input.Sizes[0],
        };

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(
            node.Key,
            new GroupNormOperator(
                NumGroups,
                Eps,
                Affine ? $"{node.Key}.weight" : null,
                Affine ? $"{node.Key}.bias" : null
            ),
            input
        );
}
