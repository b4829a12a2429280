using System.ComponentModel;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Language.Layers;

/// <summary>A function of each number by itself: it keeps the shape and holds no parameters.</summary>
public abstract record Activation : LayerDefinition
{
    /// <summary>Accepted because PyTorch has it; the result is the same either way.</summary>
    [Description("Accepted because PyTorch has it; without effect.")]
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

    /// <summary>The function, as a plan has it.</summary>
    private protected abstract ActivationFunction Function { get; }

    /// <summary>Computes the function; the result is a new tensor.</summary>
    private protected abstract Tensor Apply(Tensor input);
}
