using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Leaves its input as it is; serves as a placeholder or as a branch of a block.</summary>
[Layer("identity", "Leaves its input as it is.")]
internal sealed record Identity : LayerDefinition
{
    internal override Shape Infer(Shape input, LayerVisit visit) => input;

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) => input;

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input) => input;
}
