using ModelService.Models.Graph;

namespace ModelService.Models.Training.Heads;

/// <summary>A network in two parts: what is computed once, and what is trained.</summary>
/// <param name="Front">From the network's input to the cut.</param>
/// <param name="Tail">From the cut to the network's output.</param>
internal sealed record GraphCut(Plan Front, Plan Tail)
{
    /// <summary>The value between the parts.</summary>
    public Value Value => Front.Output;

    /// <summary>Cuts a network before its head.</summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    /// <param name="head">Key of the layer that gives a score for each class.</param>
    /// <returns>The parts; null when something else goes around the head.</returns>
    public static GraphCut? BeforeHead(Plan graph, string head) =>
        graph.Operators.FirstOrDefault(item => item.Key == head) is { } first ? At(graph, first.Input) : null;

    /// <summary>
    /// Cuts a network before its last stage: before the last reduction of a picture that is not to a single place.
    /// </summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    /// <returns>The parts; null where there is no such place.</returns>
    public static GraphCut? BeforeLastStage(Plan graph)
    {
        var places = graph
            .Operators.Select(item => item.Output)
            .Where(value => value.Shape.Rank >= 2 && Places(value) > 1)
            .Select(Places)
            .ToList();
        if (places.Count == 0)
            return null;
        var least = places.Min();
        return graph
            .Operators.Select(item => item.Output)
            .Reverse()
            .Where(value => value.Shape.Rank >= 2 && Places(value) > least)
            .Select(value => At(graph, value))
            .FirstOrDefault(cut => cut is not null);
    }

    /// <summary>
    /// Cuts off a softmax at the end, which the loss of training contains.
    /// </summary>
    public static Plan WithoutSoftmax(Plan graph) =>
        graph.Operators is [.., SoftmaxOperator softmax] && softmax.Output == graph.Output
            ? graph with
            {
                Operators = [.. graph.Operators.SkipLast(1)],
                Output = softmax.Input,
            }
            : graph;

    /// <summary>Cuts a network at a value; null when operators after it read other values from before it.</summary>
    private static GraphCut? At(Plan graph, Value cut)
    {
        var needed = new HashSet<Value> { cut };
        var front = new List<Operator>();
        foreach (var item in graph.Operators.Reverse().Where(item => needed.Contains(item.Output)))
        {
            front.Add(item);
            needed.UnionWith(item.Inputs);
        }

        front.Reverse();
        var tail = graph.Operators.Except(front).ToList();
        var known = tail.Select(item => item.Output).Append(cut).ToHashSet();
        return tail.Count > 0 && tail.All(item => item.Inputs.All(known.Contains))
            ? new GraphCut(new Plan(graph.Input, front, cut), new Plan(cut, tail, graph.Output))
            : null;
    }

    private static long Places(Value value) => value.Shape.Sizes.Skip(1).Aggregate(1L, (count, size) => count * size);
}
