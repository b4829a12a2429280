namespace ModelService.Models.Graph;

/// <summary>A network in two parts, with a single value between them.</summary>
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
    /// Cuts a network at a value, or where it is one value wide before that: a layer inside a residual block is no
    /// place to cut.
    /// </summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    /// <param name="value">The value; the tail computes it, or begins with it.</param>
    /// <returns>The parts; the front is empty where only the input is before the value.</returns>
    public static GraphCut Before(Plan graph, Value value)
    {
        var last = graph.Operators.Index().Where(item => item.Item.Output == value).Select(item => item.Index + 1);
        return graph
            .Operators.Take(last.FirstOrDefault())
            .Select(item => item.Output)
            .Reverse()
            .Append(graph.Input)
            .Select(place => At(graph, place))
            .First(cut => cut is not null && (cut.Value == value || cut.Tail.Computes(value)))!;
    }

    /// <summary>The part of a network that computes a value.</summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    /// <param name="value">The value.</param>
    public static Plan UpTo(Plan graph, Value value)
    {
        var needed = new HashSet<Value> { value };
        var front = new List<Operator>();
        foreach (var item in graph.Operators.Reverse().Where(item => needed.Contains(item.Output)))
        {
            front.Add(item);
            needed.UnionWith(item.Inputs);
        }

        front.Reverse();
        return new Plan(graph.Input, front, value);
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
        var front = UpTo(graph, cut);
        var tail = graph.Operators.Except(front.Operators).ToList();
        var known = tail.Select(item => item.Output).Append(cut).ToHashSet();
        return tail.Count > 0 && tail.All(item => item.Inputs.All(known.Contains))
            ? new GraphCut(front, new Plan(cut, tail, graph.Output))
            : null;
    }

    private static long Places(Value value) => value.Shape.Sizes.Skip(1).Aggregate(1L, (count, size) => count * size);
}
