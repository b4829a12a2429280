using ModelService.Models.Graph;

namespace ModelService.Models.Language.Analysis;

/// <summary>Writes analysed networks down as operators, layer by layer as each of them says.</summary>
internal static class GraphEmission
{
    /// <summary>A network as a graph, as its layers emit it.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    public static Plan ToPlan(this ArchitectureAnalysis analysis)
    {
        var graph = new GraphBuilder(analysis.Input);
        return graph.Build(graph.Chain(analysis.Layers, graph.Input));
    }

    /// <summary>Emits layers one after another.</summary>
    /// <returns>The output of the last one.</returns>
    /// <exception cref="InvalidOperationException">
    /// A layer's operators give another shape than its analysis: a bug.
    /// </exception>
    public static Value Chain(this GraphBuilder graph, IEnumerable<LayerNode> nodes, Value input)
    {
        foreach (var node in nodes)
        {
            input = node.Definition.Emit(node, graph, input);
            if (!input.Shape.Sizes.SequenceEqual(node.Output.Sizes))
                throw new InvalidOperationException($"'{node.Key}' gives {input.Shape} instead of {node.Output}.");
            graph.SetOutput(node.Key, input);
        }

        return input;
    }
}
