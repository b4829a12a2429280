using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// Layers written once and built several times, each time with weights of their own; keyed in the parent.
/// </summary>
[Layer("repeat", "Layers written once and built several times, each time with weights of their own.")]
internal sealed record Repeat : LayerDefinition
{
    [Description("Number of times that the layers are built."), Range(1, 100_000)]
    public required int Times { get; init; }

    [Description("The layers, in order."), MinLength(1)]
    public required IReadOnlyList<LayerDefinition> Layers { get; init; }

    [Description(
        "Names of the copies, where each copy is one layer: {i} stands for the copy's number, as in \"block{i}\". "
            + "When left out, the copies are keyed by their positions."
    )]
    [RegularExpression(@"[^.{}\u0000-\u001f\u007f]{0,29}\{i\}[^.{}\u0000-\u001f\u007f]{0,29}")]
    public string? Names { get; init; }

    [Description("Number of the first copy in its name."), Range(0, 100_000)]
    public int First { get; init; }

    internal override bool IsKeyed => false;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        if (Name is not null)
            visit.Fail("name", "A repeat has no key of its own: its layers are keyed in its parent. Leave 'name' out.");
        if (Names is not null && Layers is not [{ Name: null, IsKeyed: true }])
        {
            visit.Fail(
                "names",
                "Names are for copies of one layer without a name of its own: put several layers into a block."
            );
            return Shape.Unknown;
        }

        var shape = input;
        for (var time = 0; time < Times && visit.MayGoOn; time++)
            shape = visit.Chain(Copy(time), shape, visit.ParentKeys);
        return shape;
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) => graph.Chain(node.Children, input);

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input) =>
        block.Chain(node.Children, input);

    private IReadOnlyList<LayerDefinition> Copy(int time)
    {
        var share = Times == 1 ? 0 : time / (double)(Times - 1);
        IReadOnlyList<LayerDefinition> layers =
        [
            .. Layers.Select(layer => layer.Rewrite(item => item is Residual residual ? residual.AsCopy(share) : item)),
        ];
        return Names is null
            ? layers
            : [layers[0] with { Name = Names.Replace("{i}", $"{First + time}", StringComparison.Ordinal) }];
    }

    // The copies as one layer, for a branch: it is keyed in the parent, too.
    internal override LayerDefinition WithInferred(LayerNode node) =>
        new Sequential { Inline = true, Layers = Unrolled(node) };

    internal override IReadOnlyList<LayerDefinition> Unrolled(LayerNode node) =>
        ArchitectureWriter.WithInferred(node.Children);

    internal override LayerDefinition Rewrite(Func<LayerDefinition, LayerDefinition> replace) =>
        replace(this with { Layers = [.. Layers.Select(layer => layer.Rewrite(replace))] });
}
