using System.Numerics.Tensors;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace ModelService.Models.Int8;

/// <summary>
/// A network that computes in float32, operator by operator, some of its values and weights rounded as 8-bit integers
/// round them: it shows what each rounding costs. It goes through the network once, and at any place computes the rest
/// with other roundings.
/// </summary>
internal sealed class RoundedNetwork : IDisposable
{
    private readonly Plan graph;
    private readonly EagerOperators operators;
    private readonly Dictionary<Value, int> lastReads = [];
    private readonly Dictionary<Value, Tensor> values = [];
    private int next;

    /// <summary>Begins at the network's input.</summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    /// <param name="parameters">Its tensors on the CPU; borrowed.</param>
    /// <param name="input">The batch <c>[N, ...]</c>; borrowed until this is disposed.</param>
    public RoundedNetwork(Plan graph, ParameterStore parameters, Tensor input)
    {
        (this.graph, operators) = (graph, new EagerOperators(parameters));
        foreach (var (index, item) in graph.Operators.Index())
        {
            foreach (var value in item.Inputs)
                lastReads[value] = index;
        }

        lastReads[graph.Output] = graph.Operators.Count;
        values[graph.Input] = input.alias().DetachFromDisposeScope();
    }

    /// <summary>The value that was computed last.</summary>
    public Value Last => next == 0 ? graph.Input : graph.Operators[next - 1].Output;

    /// <summary>A value that a later operator reads; borrowed.</summary>
    public Tensor this[Value value] => values[value];

    /// <summary>Computes the next operator.</summary>
    /// <returns>False after the last one.</returns>
    public bool Advance()
    {
        if (next == graph.Operators.Count)
            return false;
        var item = graph.Operators[next];
        using (var scope = NewDisposeScope())
        {
            var result = operators.Compute(item, [.. item.Inputs.Select(input => values[input])], EagerMode.Inference);
            values[item.Output] = result.DetachFromDisposeScope();
        }

        // What only earlier operators read.
        foreach (var value in values.Keys.Where(value => lastReads.GetValueOrDefault(value, -1) < next).ToList())
        {
            if (value == item.Output)
                continue;
            values[value].Dispose();
            values.Remove(value);
        }

        next++;
        return true;
    }

    /// <summary>Computes the rest of the network with some values rounded.</summary>
    /// <param name="formatOf">The format of a value; null where it stays as it is.</param>
    /// <returns>The logits of the batch.</returns>
    public float[] LogitsWith(Func<Value, QuantizedFormat?> formatOf)
    {
        using var scope = NewDisposeScope();
        var current = values.ToDictionary(pair => pair.Key, pair => Rounded(pair.Key, pair.Value));
        for (var index = next; index < graph.Operators.Count; index++)
        {
            var item = graph.Operators[index];
            var result = operators.Compute(item, [.. item.Inputs.Select(input => current[input])], EagerMode.Inference);
            current[item.Output] = Rounded(item.Output, result);
            foreach (var value in item.Inputs.Distinct().Where(value => lastReads[value] == index))
            {
                if (!values.ContainsKey(value))
                    current[value].Dispose();
                current.Remove(value);
            }
        }

        return TensorMemory.Elements<float>(current[graph.Output].contiguous()).ToArray();

        Tensor Rounded(Value value, Tensor tensor) => formatOf(value) is { } format ? Round(tensor, format) : tensor;
    }

    /// <summary>Numbers as 8-bit integers give them back; the current dispose scope owns the result.</summary>
    public static Tensor Round(Tensor tensor, QuantizedFormat format)
    {
        var result = tensor.contiguous().clone();
        var numbers = TensorMemory.Elements<float>(result);
        TensorPrimitives.Multiply(numbers, (float)(1 / format.Scale), numbers);
        TensorPrimitives.Round(numbers, numbers);
        TensorPrimitives.Max(numbers, -format.ZeroPoint, numbers);
        TensorPrimitives.Min(numbers, 255 - format.ZeroPoint, numbers);
        TensorPrimitives.Multiply(numbers, (float)format.Scale, numbers);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        operators.Dispose();
        foreach (var tensor in values.Values)
            tensor.Dispose();
    }
}
