using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Language.Layers;

/// <summary>Sets numbers to 0 at random while training; does nothing when the network is used.</summary>
/// <remarks>Source: Hinton et al. 2012, arXiv:1207.0580; PyTorch nn.Dropout.</remarks>
public abstract record AnyDropout : LayerDefinition
{
    /// <summary>Probability of a number to become 0.</summary>
    [Description("Probability of a number (of a whole channel: dropout2d) to become 0."), Range(0.0, 1.0)]
    public double P { get; init; } = 0.5;

    /// <summary>Accepted because PyTorch has it; the result is the same either way.</summary>
    [Description("Accepted because PyTorch has it; without effect.")]
    public bool Inplace { get; init; }

    internal sealed override Shape Infer(Shape input, LayerVisit visit) => input;

    internal sealed override Value Emit(LayerNode node, GraphBuilder plan, Value input) => input;
}

/// <summary>Single numbers.</summary>
[Layer("dropout", "Sets numbers to 0 at random while training; does nothing when the network is used.")]
internal sealed record Dropout : AnyDropout
{
    internal override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent) =>
        parent.Add(node, nn.Dropout(P)).call;
}

/// <summary>Whole channels, of <c>[N, C, H, W]</c> or as many dimensions as there are.</summary>
[Layer("dropout2d", "Sets whole channels to 0 at random while training; does nothing when the network is used.")]
internal sealed record Dropout2d : AnyDropout
{
    internal override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent) =>
        parent.Add(node, nn.Dropout2d(P)).call;
}
