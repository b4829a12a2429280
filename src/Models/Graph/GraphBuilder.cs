using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>Collects the operators that layers emit.</summary>
internal sealed class GraphBuilder
{
    private readonly List<Operator> operators = [];
    private int values;

    /// <summary>Writes a network down as operators, one by one as its layers say.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    public static Plan Build(ArchitectureAnalysis analysis)
    {
        var builder = new GraphBuilder();
        var input = builder.NewValue(analysis.Input);
        var output = builder.Chain(analysis.Layers, input);
        return new Plan(input, builder.operators, output);
    }

    /// <summary>Emits layers one after another.</summary>
    public Value Chain(IEnumerable<LayerNode> nodes, Value input) =>
        nodes.Aggregate(input, (value, node) => node.Definition.Emit(node, this, value));

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
    /// <param name="node">The layer.</param>
    /// <param name="shape">Shape of the result.</param>
    /// <param name="function">Its name in TorchScript.</param>
    /// <param name="arguments">See <see cref="CallOperator"/>.</param>
    /// <returns>What it computes.</returns>
    public Value Call(LayerNode node, Shape shape, string function, params object?[] arguments) =>
        Add(
            new CallOperator(function, arguments)
            {
                Key = node.Key,
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
