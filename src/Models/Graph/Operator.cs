using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>One step of a network.</summary>
/// <remarks>
/// A graph is a list of operators in the order they run in: plain data, made and rewritten without libtorch. Weights
/// are names in the state dict, not numbers. Dimensions count the batch: 0 is the batch, 1 the channels.
/// </remarks>
internal abstract record Operator
{
    private readonly Value? output;

    /// <summary>Key of the layer that the operator stems from.</summary>
    public string Key { get; init; } = "";

    /// <summary>The values that it reads.</summary>
    public IReadOnlyList<Value> Inputs { get; init; } = [];

    /// <summary>The value that it computes; <see cref="GraphBuilder.Add"/> makes it.</summary>
    public Value Output
    {
        get => output ?? throw new InvalidOperationException($"{GetType().Name} is in no graph yet.");
        init => output = value;
    }

    /// <summary>The value that an operator on one value reads.</summary>
    public Value Input => Inputs[0];

    /// <summary>The shape of the output, without the batch dimension.</summary>
    /// <exception cref="InvalidOperationException">
    /// The inputs don't fit: a bug, since layers are analysed first.
    /// </exception>
    public abstract Shape InferShape();

    /// <summary>Reports inputs that don't fit.</summary>
    protected InvalidOperationException Misfit() =>
        new($"{GetType().Name} of '{Key}' can't take {string.Join(" and ", Inputs.Select(input => input.Shape))}.");
}
