using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Adds the input to the output of the body, so that the body learns a difference.</summary>
/// <remarks>Source: He, Zhang, Ren and Sun 2015, arXiv:1512.03385.</remarks>
[Layer("residual", "Adds the input, or the output of the shortcut, to the output of the body.")]
internal sealed record Residual : LayerDefinition
{
    [Description("The layers whose output is added to the input; keyed in the block itself.")]
    public required IReadOnlyList<LayerDefinition> Body { get; init; }

    [Description(
        "A layer or block that the input passes through on its way around the body, such as a 1x1 convolution; "
            + "keyed by its name, or by \"shortcut\" when it has none. When left out, the input is added as it is."
    )]
    public LayerDefinition? Shortcut { get; init; }

    [Description(
        "Applied to the sum: a layer without weights such as {\"type\": \"relu\"}, or just its type, \"relu\"."
    )]
    [TakesTypeName]
    public LayerDefinition? Activation { get; init; }

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        var keys = visit.OwnKeys();
        var body = visit.Chain(Body, input, keys);
        var shortcut = Shortcut is null ? input : visit.Child(Shortcut, Shortcut.Name ?? "shortcut", input, keys);
        var sum = body.Merge(shortcut);
        if (sum is null)
        {
            visit.Fail(
                Shortcut is null ? "body" : "shortcut",
                $"Both terms of the sum must have the same shape: the body gives {body}, "
                    + $"{(Shortcut is null ? "the input is" : "the shortcut gives")} {shortcut}. "
                    + "Stricter than PyTorch, which broadcasts sizes of 1: most often that hides a mistake."
            );
            sum = body;
        }

        if (Activation is null)
            return sum;
        if (Activation is Layers.Activation or UnreadableLayer)
            return visit.Child(Activation, "activation", sum, visit.OwnKeys());
        visit.Fail(
            "activation",
            $"'{LayerCatalogue.NameOf(Activation)}' is not an activation, that is, a function of each number such as "
                + "\"relu\"."
        );
        return sum;
    }

    internal override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            Body = ArchitectureWriter.WithInferred(BranchesOf(node)[0]),
            Shortcut = BranchesOf(node)[1] is [var shortcut] ? shortcut.Definition.WithInferred(shortcut) : null,
        };

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input)
    {
        Value[] terms = [.. BranchesOf(node).Select(branch => graph.Chain(branch, input))];
        var sum = graph.Add(node.Key, new AddOperator(), terms);
        return Activation is null ? sum : graph.Chain([node.Children[^1]], sum);
    }

    /// <summary>The body, and the shortcut, which is empty when it adds the input as it is.</summary>
    internal override IReadOnlyList<IReadOnlyList<LayerNode>> BranchesOf(LayerNode node) =>
        [
            [.. node.Children.Take(Body.Count)],
            [.. node.Children.Skip(Body.Count).Take(Shortcut is null ? 0 : 1)],
        ];

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input) =>
        block.CallClass(
            node,
            own =>
            {
                var terms = BranchesOf(node).Select(branch => own.Chain(branch, "x")).ToList();
                var sum = own.Assign(string.Join(" + ", terms));
                return Activation is null ? sum : own.Assign($"{PyTorchExpression.Format(node.Children[^1])}({sum})");
            },
            input
        );

    internal override LayerDefinition Rewrite(Func<LayerDefinition, LayerDefinition> replace) =>
        replace(
            this with
            {
                Body = [.. Body.Select(layer => layer.Rewrite(replace))],
                Shortcut = Shortcut?.Rewrite(replace),
            }
        );
}
