using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// Attention of several heads over tokens <c>[L, C]</c>: each token becomes a mean of all tokens, weighted by how well
/// they fit it.
/// </summary>
/// <remarks>Source: Vaswani et al. 2017, arXiv:1706.03762; PyTorch nn.MultiheadAttention with one input.</remarks>
[Layer(
    "multi_head_attention",
    "Lets every token look at all others and gather what fits it, in several heads at once.",
    ClassName = "MultiheadAttention"
)]
internal sealed record MultiHeadAttention : LayerDefinition
{
    [Description("Number of heads: parts of the channels that attend by themselves. It must divide the channels.")]
    [Range(1, int.MaxValue)]
    public required int NumHeads { get; init; }

    [Description("Channels of a token; inferred, must agree if given."), Range(1, int.MaxValue)]
    public int? EmbedDim { get; init; }

    [Description("Whether the projections have learnt biases.")]
    public bool Bias { get; init; } = true;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.SeesWholeInput();
        input = visit.RequireTokens(input);
        if (!input.HasRank)
            return input;
        var (length, width) = (input.Sizes[0], input.Sizes[1]);
        visit.Agree("embed_dim", EmbedDim, width);
        if (width == Shape.UnknownSize)
            return input;
        if (width % NumHeads != 0)
            visit.Fail("num_heads", $"{width} channels can't be split into {NumHeads} heads of equal size.");
        visit.Tensor("in_proj_weight", Initialization.XavierUniform(width, 3 * width), 3 * width, width);
        if (Bias)
            visit.Tensor("in_proj_bias", Initialization.Zeros, 3 * width);
        visit.Tensor("out_proj.weight", Initialization.KaimingUniform(width), width, width);
        if (Bias)
            visit.Tensor("out_proj.bias", Initialization.Zeros, width);
        visit.Macs(input, 4 * width);
        if (length != Shape.UnknownSize)
            visit.Macs(input, 2 * length);
        return new Shape(length, width);
    }

    internal override (string Name, Shape Shape)? Scratch(Shape input) =>
        input.Rank == 2 ? ("matrix of attention", new Shape(NumHeads, input.Sizes[0], input.Sizes[0])) : null;

    internal override LayerDefinition WithInferred(LayerNode node) => this with { EmbedDim = (int)node.Input.Sizes[1] };

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input)
    {
        var width = input.Shape.Sizes[1];
        var projected = graph.Add(
            node.Key,
            Project("in_proj_weight", "in_proj_bias") with
            {
                Features = 3 * width,
            },
            input
        );
        var attended = graph.Add(
            node.Key,
            new AttentionOperator(NumHeads, 1 / Math.Sqrt(width / (double)NumHeads)),
            projected
        );
        return graph.Add(node.Key, Project("out_proj.weight", "out_proj.bias"), attended);

        LinearOperator Project(string weight, string bias) =>
            new(new NamedWeights($"{node.Key}.{weight}") { Bias = Bias ? $"{node.Key}.{bias}" : null })
            {
                Features = width,
            };
    }

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input) =>
        block.Call(
            node,
            $"nn.MultiheadAttention({node.Input.Sizes[1]}, {NumHeads}, bias={(Bias ? "True" : "False")}, "
                + "batch_first=True)",
            $"{input}, {input}, {input}, need_weights=False",
            "[0]"
        );
}
