using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>Collects the operators that layers emit.</summary>
internal sealed class GraphBuilder
{
    private readonly List<Operator> operators = [];
    private readonly Dictionary<string, Value> outputs = [];
    private int values;

    /// <summary>A builder of a graph with one input.</summary>
    /// <param name="input">Shape of the input, without the batch dimension.</param>
    public GraphBuilder(Shape input) => Input = new Value(values++, input);

    /// <summary>The network's input.</summary>
    public Value Input { get; }

    /// <summary>Adds an operator. Its shape is inferred from its inputs.</summary>
    /// <param name="key">Key of the layer that emits it.</param>
    /// <param name="item">The operator.</param>
    /// <param name="inputs">The values that it reads.</param>
    /// <returns>The value that it computes.</returns>
    public Value Add(string key, Operator item, params IReadOnlyList<Value> inputs)
    {
        var added = item with { Key = key, Inputs = inputs };
        added = added with { Output = new Value(values++, added.InferShape()) };
        operators.Add(added);
        return added.Output;
    }

    /// <summary>Remembers the output of a layer, so that it can be looked at by the layer's path.</summary>
    public void SetOutput(string path, Value value) => outputs[path] = value;

    /// <summary>The operators as a graph.</summary>
    /// <param name="output">The network's output.</param>
    public Plan Build(Value output) => new(Input, operators, output) { LayerOutputs = outputs };
}
