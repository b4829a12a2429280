using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Explanation;

/// <summary>The layers of a network that can be looked at.</summary>
/// <param name="graph">The network, as its layers emit it.</param>
/// <param name="head">Key of the layer that gives the scores; null where there is none.</param>
internal sealed class NetworkLayers(Plan graph, string? head)
{
    private readonly Dictionary<Value, int> places = graph
        .Operators.Index()
        .ToDictionary(item => item.Item.Output, item => item.Index);

    /// <summary>The network.</summary>
    public Plan Graph => graph;

    /// <summary>The layers of an analysed network.</summary>
    /// <param name="analysis">The network, without an error.</param>
    public static NetworkLayers Of(ArchitectureAnalysis analysis) => new(analysis.ToPlan(), analysis.Head?.Key);

    // The place of the head among the operators; after the last one where there is none.
    private int HeadPlace
    {
        get
        {
            foreach (var (index, item) in graph.Operators.Index())
            {
                if (head is not null && item.Key == head)
                    return index;
            }

            return graph.Operators.Count;
        }
    }

    /// <summary>The layer to explain with, when none is named.</summary>
    /// <returns>
    /// The last one before the head that has more than one place. Among tokens, the first norm of the last block: the
    /// gradient of what comes after it is zero but for the class token.
    /// </returns>
    public Outcome<LookedAt> Default()
    {
        var before = graph.Operators.Take(HeadPlace).ToList();
        var found = before
            .Where(item => item is not DropoutOperator && PathOf(item.Output) is not null)
            .Select(item => item.Output)
            .LastOrDefault(value => SpatialForm.Of(value, graph) is { Places: > 1 });
        if (found is not null && SpatialForm.Of(found, graph)!.IsTokens)
        {
            var norms = before
                .OfType<LayerNormOperator>()
                .Select(item => item.Output)
                .Where(value => SpatialForm.Of(value, graph) is { IsTokens: true })
                .ToList();
            found = norms.Count >= 3 ? norms[^3] : norms.LastOrDefault() ?? found;
        }

        return found is null
            ? new Failure(
                ErrorCode.InputMismatch,
                "No layer before the head has a spatial size: the network takes no picture or series apart. "
                    + "method=integrated_gradients explains any network."
            )
            : new LookedAt(PathOf(found)!, found, SpatialForm.Of(found, graph)!);
    }

    /// <summary>A layer to explain with.</summary>
    /// <param name="path">Its path.</param>
    public Outcome<LookedAt> FindForMap(string path)
    {
        if (!Find(path).TryGet(out var layer, out var failure))
            return failure;
        if (places.GetValueOrDefault(layer.Value, -1) >= HeadPlace)
        {
            return Invalid(
                $"The layer '{path}' is the head '{head}' or comes after it: the scores are made there. "
                    + $"Choose a layer before it{Suggested()}."
            );
        }

        return layer.Form is { Places: > 1 }
            ? layer
            : Invalid(
                $"The layer '{path}' gives {layer.Value.Shape}, which has no spatial size: there is nothing to map. "
                    + $"Choose an earlier layer{Suggested()}."
            );
    }

    /// <summary>A layer by its path.</summary>
    public Outcome<LookedAt> Find(string path)
    {
        if (graph.LayerOutputs.TryGetValue(path, out var value))
            return new LookedAt(path, value, SpatialForm.Of(value, graph));
        var nearest = Suggestions.Nearest(path, graph.LayerOutputs.Keys);
        return Invalid(
            $"The network has no layer '{Suggestions.Shorten(path)}'"
                + (
                    nearest is not null ? $"; did you mean '{nearest}'?"
                    : graph.LayerOutputs.Count == 0 ? "."
                    : $". It has {string.Join(", ", graph.LayerOutputs.Keys.Take(12))}"
                        + (graph.LayerOutputs.Count > 12 ? ", ..." : ".")
                )
        );
    }

    private string Suggested() => Default().TryGet(out var layer, out _) ? $", such as '{layer.Path}'" : "";

    // Of the layers that share a value, the outermost block.
    private string? PathOf(Value value) =>
        graph.LayerOutputs.Where(layer => layer.Value == value).Select(layer => layer.Key).MinBy(path => path.Length);

    private static Failure Invalid(string detail) =>
        new(ErrorCode.MalformedRequest, detail) { Errors = [new ErrorDetail("?layer", detail)] };
}

/// <summary>A layer that is looked at.</summary>
/// <param name="Path">Its path, such as <c>layer4</c>.</param>
/// <param name="Value">Its output.</param>
/// <param name="Form">The places of the output; null where it has none.</param>
internal sealed record LookedAt(string Path, Value Value, SpatialForm? Form);
