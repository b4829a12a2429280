using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
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
    private const string PythonStochasticDepth = """
        def stochastic_depth(x, p, training):
            kept = torch.ones(x.shape[0], *[1] * (x.ndim - 1), dtype=x.dtype, device=x.device)
            return x * nn.functional.dropout(kept, p, training) if training else x
        """;

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

    [Description("Whether the layers are keyed in the parent, as if the block were not there.")]
    public bool Inline { get; init; }

    [Description(
        "During training: the probability that the body is left out for an input of the batch (stochastic depth), the "
            + "others made larger by as much. Nothing during inference."
    )]
    [Range(0.0, 1.0)]
    public double StochasticDepth { get; init; }

    [Description(
        "In a repeat: the probability of the last copy. Those of the copies before it rise evenly from "
            + "'stochastic_depth'; the outermost repeat counts."
    )]
    [Range(0.0, 1.0)]
    public double? StochasticDepthLast { get; init; }

    [Description(KeyOrderMeaning)]
    public IReadOnlyList<string>? KeyOrder { get; init; }

    internal override bool IsKeyed => !Inline;

    internal override IReadOnlyList<string> NamesInOrder => KeyOrder ?? [];

    /// <summary>The block as one of the copies of a repeat, with its own probability of stochastic depth.</summary>
    /// <param name="share">The copy's place: 0 for the first one, 1 for the last one.</param>
    internal Residual AsCopy(double share) =>
        StochasticDepthLast is { } last
            ? this with
            {
                StochasticDepth = StochasticDepth + (share * (last - StochasticDepth)),
                StochasticDepthLast = null,
            }
            : this;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        if (StochasticDepthLast is not null)
            visit.Fail("stochastic_depth_last", "The block is in no repeat: give 'stochastic_depth' alone.");
        var keys = Inline ? visit.ParentKeys : visit.OwnKeys();
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

        visit.CheckKeyOrder();
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
        if (StochasticDepth > 0)
        {
            var drop = new DropoutOperator(StochasticDepth, WholeChannels: false) { WholeInputs = true };
            terms[0] = graph.Add(node.Key, drop, terms[0]);
        }

        var sum = graph.Add(node.Key, new AddOperator(), terms);
        return Activation is null ? sum : graph.Chain([node.Children[^1]], sum);
    }

    /// <summary>The body, and the shortcut, which is empty when it adds the input as it is.</summary>
    internal override IReadOnlyList<IReadOnlyList<LayerNode>> BranchesOf(LayerNode node) =>
        [
            [.. node.Children.Take(Body.Count)],
            [.. node.Children.Skip(Body.Count).Take(Shortcut is null ? 0 : 1)],
        ];

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        return Inline ? Sum(block, input) : block.CallClass(node, own => Sum(own, "x"), input);

        string Sum(PyTorchBlock owner, string value)
        {
            var terms = BranchesOf(node).Select(branch => owner.Chain(branch, value)).ToList();
            if (StochasticDepth > 0)
            {
                owner.UseClass(PythonStochasticDepth);
                terms[0] = $"stochastic_depth({terms[0]}, {PyTorchExpression.Format(StochasticDepth)}, self.training)";
            }

            var sum = owner.Assign(string.Join(" + ", terms));
            return Activation is null ? sum : owner.Assign($"{PyTorchExpression.Format(node.Children[^1])}({sum})");
        }
    }

    internal override LayerDefinition Rewrite(Func<LayerDefinition, LayerDefinition> replace) =>
        replace(
            this with
            {
                Body = [.. Body.Select(layer => layer.Rewrite(replace))],
                Shortcut = Shortcut?.Rewrite(replace),
            }
        );
}
