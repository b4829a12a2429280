using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>What is done with a value and a tensor of the network.</summary>
internal enum ParameterUse
{
    /// <summary>The tensor is multiplied with each input of the batch, sizes of 1 stretched.</summary>
    Multiply,

    /// <summary>The tensor is added to each input of the batch.</summary>
    Add,

    /// <summary>The tensor is put before the rows of each input of the batch.</summary>
    Prepend,
}

/// <summary>A value combined with a tensor of the network, such as a class token.</summary>
/// <param name="Name">Name of the tensor in the state dict.</param>
/// <param name="Sizes">Its sizes; where there is a batch dimension, it is 1.</param>
/// <param name="Use">What is done with it.</param>
internal sealed record ParameterOperator(string Name, long[] Sizes, ParameterUse Use) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape()
    {
        var input = Input.Shape;
        if (Use == ParameterUse.Prepend)
        {
            return Sizes is [1, 1, var width] && input is { Rank: 2 } && input.Sizes[1] == width
                ? input.With(0, input.Sizes[0] + 1)
                : throw Misfit();
        }

        // Aligned at the last dimension, as PyTorch stretches sizes of 1.
        var pairs = Sizes.Reverse().Zip(input.Sizes.Reverse().Append(1)).ToList();
        return Sizes.Length <= input.Rank + 1 && pairs.All(pair => pair.First == 1 || pair.First == pair.Second)
            ? input
            : throw Misfit();
    }
}
