using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Layers one after another, keyed under the block's own key.</summary>
[Layer("sequential", "Layers one after another, under a key of their own.")]
internal sealed record Sequential : LayerDefinition
{
    [Description("The layers, in order.")]
    public required IReadOnlyList<LayerDefinition> Layers { get; init; }

    [Description("Whether the layers are keyed in the parent, as if the block were not there.")]
    public bool Inline { get; init; }

    [Description(KeyOrderMeaning)]
    public IReadOnlyList<string>? KeyOrder { get; init; }

    internal override bool IsKeyed => !Inline;

    internal override IReadOnlyList<string> NamesInOrder => KeyOrder ?? [];

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        var output = visit.Chain(Layers, input, Inline ? visit.ParentKeys : visit.OwnKeys());
        visit.CheckKeyOrder();
        return output;
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) => graph.Chain(node.Children, input);

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input) =>
        Inline ? block.Chain(node.Children, input) : block.CallClass(node, own => own.Chain(node.Children, "x"), input);

    internal override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            Layers = ArchitectureWriter.WithInferred(node.Children),
        };

    internal override LayerDefinition Rewrite(Func<LayerDefinition, LayerDefinition> replace) =>
        replace(this with { Layers = [.. Layers.Select(layer => layer.Rewrite(replace))] });
}
