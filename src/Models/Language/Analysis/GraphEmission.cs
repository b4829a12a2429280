using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Analysis;

/// <summary>Translates analysed networks into operators: each layer emits its own.</summary>
internal static class GraphEmission
{
    /// <summary>Translates a network into a list of operators.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    public static Plan ToPlan(this ArchitectureAnalysis analysis)
    {
        var graph = new GraphBuilder();
        var input = graph.NewValue(analysis.Input);
        return graph.Build(input, graph.Chain(analysis.Layers, input));
    }

    /// <summary>Emits layers one after another.</summary>
    /// <returns>The output of the last one.</returns>
    public static Value Chain(this GraphBuilder graph, IEnumerable<LayerNode> nodes, Value input) =>
        nodes.Aggregate(input, (value, node) => node.Definition.Emit(node, graph, value));

    /// <summary>Adds a call of a libtorch function for a layer; see <see cref="GraphBuilder.Call"/>.</summary>
    public static Value Call(
        this GraphBuilder graph,
        LayerNode node,
        Shape shape,
        string function,
        params object?[] arguments
    ) => graph.Call(node.Key, shape, function, arguments);
}
