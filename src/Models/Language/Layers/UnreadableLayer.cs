using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// Takes the place of a layer that could not be read, so that the analysis can go on after it. It is never built: the
/// error has been reported.
/// </summary>
internal sealed record UnreadableLayer : LayerDefinition
{
    internal override Shape Infer(Shape input, LayerVisit visit) => Shape.Unknown;

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        throw new InvalidOperationException("An architecture with errors is not planned.");
}
