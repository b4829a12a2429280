using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>What an operator of a plan computes, or the plan's input. Compared by reference.</summary>
/// <param name="number">Its place in the order in which values come to be; 0 is the plan's input.</param>
/// <param name="shape">Its shape, without the batch dimension.</param>
internal sealed class Value(int number, Shape shape)
{
    /// <summary>Its place in the order in which values come to be; 0 is the plan's input.</summary>
    public int Number { get; } = number;

    /// <summary>Its shape, without the batch dimension.</summary>
    public Shape Shape { get; } = shape;

    /// <inheritdoc/>
    public override string ToString() => $"x{Number}";
}
