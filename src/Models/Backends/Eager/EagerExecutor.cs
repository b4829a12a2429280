using ModelService.Models.Backends.Native;
using ModelService.Models.Graph;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.Eager;

/// <summary>
/// Computes a graph operator by operator with libtorch's own functions: the reference that plans are compared with, the
/// way to look at any layer's output, and the way to train. Slower than a plan.
/// </summary>
internal sealed class EagerExecutor : IExecutor
{
    private readonly Plan graph;
    private readonly EagerOperators operators;

    // After an operator: the values that no later one reads.
    private readonly Value[][] lastReads;

    /// <summary>An executor of a graph as layers emit it.</summary>
    /// <param name="graph">The graph, before any pass.</param>
    /// <param name="parameters">
    /// Its tensors, on the device that computes; borrowed, also while the executor is used.
    /// </param>
    /// <exception cref="ArgumentException">The graph holds what passes have fused.</exception>
    public EagerExecutor(Plan graph, ParameterStore parameters)
    {
        if (graph.Operators.OfType<WeightedOperator>().Any(item => item.IsFused))
            throw new ArgumentException("A graph with fused operators is for plans.", nameof(graph));
        this.graph = graph;
        operators = new EagerOperators(parameters);
        lastReads = [.. FindLastReads(graph)];
    }

    /// <inheritdoc/>
    public Tensor Forward(Tensor input, IntraBatchPool? pool = null)
    {
        using var inference = inference_mode();
        using var result = Run(input, EagerMode.Inference);
        return result.TakeOutput();
    }

    /// <summary>Computes a batch and keeps the outputs of layers that are asked for.</summary>
    /// <param name="input">The batch, on the parameters' device; borrowed.</param>
    /// <param name="mode">Inference, or training with batch statistics and dropout.</param>
    /// <param name="taps">Paths of layers whose outputs are kept, such as <c>layer4.2</c>.</param>
    /// <param name="gradient">
    /// Whether gradients can be taken: with respect to the taps, and to parameters that require them. Not inside
    /// <see cref="inference_mode"/>.
    /// </param>
    /// <returns>Output and taps; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">The network has no layer of that path.</exception>
    public EagerResult Run(
        Tensor input,
        EagerMode mode,
        IReadOnlyCollection<string>? taps = null,
        bool gradient = false
    )
    {
        var tapped = (taps ?? []).Distinct().ToDictionary(path => path, FindLayer);
        var kept = tapped.Values.Append(graph.Output).ToHashSet();
        using var tracking = set_grad_enabled(gradient);
        using var scope = NewDisposeScope();
        var values = new Dictionary<Value, Tensor> { [graph.Input] = Tapped(graph.Input, input.alias()) };
        foreach (var (index, item) in graph.Operators.Index())
        {
            var result = operators.Compute(item, [.. item.Inputs.Select(value => values[value])], mode);
            values[item.Output] = Tapped(item.Output, result);
            foreach (var value in lastReads[index].Where(value => !kept.Contains(value)))
            {
                values[value].Dispose();
                values.Remove(value);
            }
        }

        // Layers that do nothing share their value with the layer before.
        var output = values[graph.Output].alias().MoveToOuterDisposeScope();
        foreach (var value in tapped.Values.Distinct())
            values[value].MoveToOuterDisposeScope();
        return new EagerResult(output, tapped.ToDictionary(tap => tap.Key, tap => values[tap.Value]));

        // The graph of gradients begins at the first tap, unless parameters need it earlier.
        Tensor Tapped(Value value, Tensor tensor)
        {
            if (!gradient || !tapped.ContainsValue(value))
                return tensor;
            if (tensor.requires_grad)
                tensor.retain_grad();
            else
                tensor.requires_grad_(true);
            return tensor;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => operators.Dispose();

    private Value FindLayer(string path) =>
        graph.LayerOutputs.TryGetValue(path, out var value)
            ? value
            : throw new ArgumentException($"The network has no layer '{path}'.", nameof(path));

    private static IEnumerable<Value[]> FindLastReads(Plan graph)
    {
        var last = new Dictionary<Value, int>();
        foreach (var (index, item) in graph.Operators.Index())
        {
            last.TryAdd(item.Output, index); // nothing may read it at all
            foreach (var input in item.Inputs)
                last[input] = index;
        }

        var byOperator = last.ToLookup(pair => pair.Value, pair => pair.Key);
        return graph.Operators.Select((_, index) => byOperator[index].ToArray());
    }
}

/// <summary>How layers that behave differently while training compute.</summary>
internal enum EagerMode
{
    /// <summary>Batch norm by its running statistics, no dropout.</summary>
    Inference,

    /// <summary>Batch norm by the batch's statistics, which the running ones take over in part; dropout.</summary>
    Training,

    /// <summary>Batch norm by its running statistics, which stay as they are; dropout.</summary>
    FineTuning,
}

/// <summary>The output of a network and of layers in it. Whoever asked for it disposes it.</summary>
/// <param name="output">The network's output <c>[N, ...]</c>; owned from here on.</param>
/// <param name="taps">The layers' outputs by path; owned from here on.</param>
internal sealed class EagerResult(Tensor output, IReadOnlyDictionary<string, Tensor> taps) : IDisposable
{
    private bool isTaken;

    /// <summary>The network's output.</summary>
    public Tensor Output => output;

    /// <summary>The layers' outputs by path.</summary>
    public IReadOnlyDictionary<string, Tensor> Taps => taps;

    /// <summary>Hands the output over: the caller owns it.</summary>
    public Tensor TakeOutput()
    {
        isTaken = true;
        return output;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!isTaken)
            output.Dispose();
        foreach (var tap in taps.Values.Distinct(ReferenceEqualityComparer.Instance).OfType<Tensor>())
            tap.Dispose();
    }
}
