using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>Collects the operators that layers emit.</summary>
internal sealed class GraphBuilder
{
    private readonly List<Operator> operators = [];
    private int values;

    /// <summary>The operators as a plan.</summary>
    /// <param name="input">The network's input.</param>
    /// <param name="output">The network's output.</param>
    public Plan Build(Value input, Value output) => new(input, operators, output);

    /// <summary>A value that an operator is going to compute.</summary>
    public Value NewValue(Shape shape) => new(values++, shape);

    /// <summary>Adds an operator.</summary>
    /// <returns>What it computes.</returns>
    public Value Add(Operator item)
    {
        operators.Add(item);
        return item.Output;
    }

    /// <summary>Adds a function of libtorch.</summary>
    /// <param name="key">The layer's key.</param>
    /// <param name="shape">Shape of the result.</param>
    /// <param name="function">Its name in TorchScript.</param>
    /// <param name="arguments">See <see cref="CallOperator"/>.</param>
    /// <returns>What it computes.</returns>
    public Value Call(string key, Shape shape, string function, params object?[] arguments) =>
        Add(
            new CallOperator(function, arguments)
            {
                Key = key,
                Inputs =
                [
                    .. arguments.SelectMany(argument =>
                        argument as IEnumerable<Value> ?? (argument is Value value ? [value] : [])
                    ),
                ],
                Output = NewValue(shape),
            }
        );
}
