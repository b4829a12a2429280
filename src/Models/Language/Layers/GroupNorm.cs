using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

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
        visit.Tensor("weight", channels);
        visit.Tensor("bias", channels);
        return input;
    }

    internal override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            NumChannels = (int)node.Input.Sizes[0],
        };

    internal override Value Emit(LayerNode node, GraphBuilder plan, Value input) =>
        plan.Call(
            node,
            node.Output,
            "group_norm",
            input,
            (long)NumGroups,
            Parameter(node, "weight"),
            Parameter(node, "bias"),
            Eps
        );

    private Parameter? Parameter(LayerNode node, string name) => Affine ? new Parameter($"{node.Key}.{name}") : null;

    internal override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent)
    {
        // TorchSharp's module leaves its parameters uninitialised. It also refuses [N, C], which PyTorch's module takes
        // and the function takes, too.
        var module = parent.Add(node, nn.GroupNorm(NumGroups, node.Input.Sizes[0], Eps, Affine));
        if (Affine)
        {
            nn.init.ones_(module.weight!);
            nn.init.zeros_(module.bias!);
        }

        var (groups, eps) = (NumGroups, Eps);
        return input => nn.functional.group_norm(input, groups, module.weight!, module.bias!, eps);
    }
}
