using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>Collects the operators that layers emit into a plan.</summary>
internal sealed class GraphBuilder
{
    private readonly List<Operator> operators = [];
    private int values;

    /// <summary>Makes a plan of the operators.</summary>
    /// <param name="input">The network's input.</param>
    /// <param name="output">The network's output.</param>
    public Plan Build(Value input, Value output) => new(input, operators, output);

    /// <summary>Makes a value for an operator to compute.</summary>
    public Value NewValue(Shape shape) => new(values++, shape);

    /// <summary>Adds an operator.</summary>
    /// <returns>The operator's output.</returns>
    public Value Add(Operator item)
    {
        operators.Add(item);
        return item.Output;
    }

    /// <summary>Adds a call of a libtorch function.</summary>
    /// <param name="key">Key of the layer that the call stems from.</param>
    /// <param name="shape">Shape of the result.</param>
    /// <param name="function">The function's name in TorchScript.</param>
    /// <param name="arguments">See <see cref="CallOperator"/>.</param>
    /// <returns>The operator's output.</returns>
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
