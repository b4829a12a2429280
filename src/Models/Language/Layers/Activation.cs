using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>A function of each number by itself. It keeps the shape and has no parameters in the state dict.</summary>
public abstract record Activation : LayerDefinition
{
    /// <summary>Accepted because PyTorch has it; the result is the same with and without it.</summary>
    [Description("Accepted because PyTorch has it; has no effect.")]
    public bool Inplace { get; init; }

    internal sealed override Shape Infer(Shape input, LayerVisit visit)
    {
        Check(visit);
        return input;
    }

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new ActivationOperator(Function), input);

    /// <summary>Reports parameters that don't fit together.</summary>
    private protected virtual void Check(LayerVisit visit) { }

    /// <summary>The function in the form that plans hold.</summary>
    private protected abstract ActivationFunction Function { get; }
}
