using System.ComponentModel;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Language.Layers;

/// <summary>A function of each number by itself. It keeps the shape and has no parameters in the state dict.</summary>
public abstract record Activation : LayerDefinition
{
    /// <summary>Accepted because PyTorch has it; the result is the same with and without it.</summary>
    [Description("Accepted because PyTorch has it; has no effect.")]
    public bool Inplace { get; init; }

    internal sealed override Shape Infer(Shape input, LayerVisit visit) => input;

    internal sealed override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent) => Apply;

    internal sealed override Value Emit(LayerNode node, GraphBuilder plan, Value input) =>
        plan.Add(
            new ActivationOperator(Function)
            {
                Key = node.Key,
                Inputs = [input],
                Output = plan.NewValue(node.Output),
            }
        );

    /// <summary>The function in the form that plans hold.</summary>
    private protected abstract ActivationFunction Function { get; }

    /// <summary>Computes the function; the result is a new tensor.</summary>
    private protected abstract Tensor Apply(Tensor input);
}
