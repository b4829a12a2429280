using System.ComponentModel;
using ModelService.Models.Analysis;
using ModelService.Models.Compilation;
using static TorchSharp.torch;

namespace ModelService.Models.Layers;

/// <summary>A function of each number by itself: it keeps the shape and holds no parameters.</summary>
public abstract record Activation : LayerDefinition
{
    /// <summary>Accepted because PyTorch has it; the result is the same either way.</summary>
    [Description("Accepted because PyTorch has it; without effect.")]
    public bool Inplace { get; init; }

    internal sealed override Shape Infer(Shape input, LayerVisit visit) => input;

    internal sealed override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent) => Apply;

    /// <summary>Computes the function; the result is a new tensor.</summary>
    private protected abstract Tensor Apply(Tensor input);
}
