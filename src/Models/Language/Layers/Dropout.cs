using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Sets numbers to 0 at random during training; does nothing during inference.</summary>
/// <remarks>Source: Hinton et al. 2012, arXiv:1207.0580; PyTorch nn.Dropout.</remarks>
public abstract record AnyDropout : LayerDefinition
{
    /// <summary>Probability that a number becomes 0.</summary>
    [Description("Probability that a number (dropout1d to dropout3d: a whole channel) becomes 0."), Range(0.0, 1.0)]
    public double P { get; init; } = 0.5;

    /// <summary>Accepted because PyTorch has it; the result is the same with and without it.</summary>
    [Description("Accepted because PyTorch has it; has no effect.")]
    public bool Inplace { get; init; }

    internal sealed override Shape Infer(Shape input, LayerVisit visit) => input;

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new DropoutOperator(P, WholeChannels) { IsAlpha = IsAlpha }, input);

    /// <summary>Whether channels are dropped as a whole.</summary>
    private protected abstract bool WholeChannels { get; }

    /// <summary>Whether mean and variance are kept.</summary>
    private protected virtual bool IsAlpha => false;
}

/// <summary>Dropout of single numbers.</summary>
[Layer("dropout", "Sets numbers to 0 at random during training; does nothing during inference.")]
internal sealed record Dropout : AnyDropout
{
    private protected override bool WholeChannels => false;
}

/// <summary>Dropout of whole channels of a series.</summary>
[Layer("dropout1d", "Sets whole channels to 0 at random during training; does nothing during inference.")]
internal sealed record Dropout1d : AnyDropout
{
    private protected override bool WholeChannels => true;
}

/// <summary>Dropout of whole channels of a volume.</summary>
[Layer("dropout3d", "Sets whole channels to 0 at random during training; does nothing during inference.")]
internal sealed record Dropout3d : AnyDropout
{
    private protected override bool WholeChannels => true;
}

/// <summary>Dropout of whole channels, of <c>[N, C, H, W]</c> or any other number of dimensions.</summary>
[Layer("dropout2d", "Sets whole channels to 0 at random during training; does nothing during inference.")]
internal sealed record Dropout2d : AnyDropout
{
    private protected override bool WholeChannels => true;
}

/// <summary>Dropout that keeps mean and variance, for networks of <c>selu</c>.</summary>
/// <remarks>Source: Klambauer et al. 2017, arXiv:1706.02515; PyTorch nn.AlphaDropout.</remarks>
[Layer("alpha_dropout", "Dropout for networks of selu: keeps mean and variance; does nothing during inference.")]
internal sealed record AlphaDropout : AnyDropout
{
    private protected override bool WholeChannels => false;

    private protected override bool IsAlpha => true;
}
