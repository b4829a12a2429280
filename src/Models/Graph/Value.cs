using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>The output of an operator, or the input of the plan. Values are compared by reference.</summary>
/// <param name="number">Number of the value, in the order in which values are made; 0 is the plan's input.</param>
/// <param name="shape">Shape, without the batch dimension.</param>
internal sealed class Value(int number, Shape shape)
{
    /// <summary>Number of the value, in the order in which values are made; 0 is the plan's input.</summary>
    public int Number { get; } = number;

    /// <summary>Shape, without the batch dimension.</summary>
    public Shape Shape { get; } = shape;

    /// <inheritdoc/>
    public override string ToString() => $"x{Number}";
}
