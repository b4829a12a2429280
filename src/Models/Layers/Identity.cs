using ModelService.Models.Analysis;
using ModelService.Models.Compilation;
using ModelService.Models.Compilation.Operators;
using static TorchSharp.torch;

namespace ModelService.Models.Layers;

/// <summary>Leaves its input as it is: holds a place, or is a branch of a block.</summary>
[Layer("identity", "Leaves its input as it is.")]
internal sealed record Identity : LayerDefinition
{
    internal override Shape Infer(Shape input, LayerVisit visit) => input;

    internal override Value Emit(LayerNode node, PlanBuilder plan, Value input) => input;

    internal override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent) => static input => input;
}
