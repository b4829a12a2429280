using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Language.Layers;

/// <summary>Stands where a layer could not be read, so that the analysis can go on behind it. Never built: its error was reported.</summary>
internal sealed record UnreadableLayer : LayerDefinition
{
    internal override Shape Infer(Shape input, LayerVisit visit) => Shape.Unknown;

    internal override Value Emit(LayerNode node, GraphBuilder plan, Value input) =>
        throw new InvalidOperationException("An architecture with errors is not planned.");

    internal override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent) =>
        throw new InvalidOperationException("An architecture with errors is not built.");
}
