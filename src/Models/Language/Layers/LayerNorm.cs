using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// Brings the last dimensions of each input to mean 0 and standard deviation 1, then scales and shifts each element.
/// </summary>
/// <remarks>Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450; PyTorch nn.LayerNorm.</remarks>
[Layer(
    "layer_norm",
    "Brings the last dimensions to mean 0 and standard deviation 1, then scales and shifts each element."
)]
internal sealed record LayerNorm : LayerDefinition
{
    [Description("Sizes of the last dimensions, which are normalised together; must be those of the input.")]
    [Range(1, int.MaxValue)]
    public required Sizes NormalizedShape { get; init; }

    [Description("Added to the variance, against a division by zero."), Range(0.0, float.MaxValue)]
    public double Eps { get; init; } = 1e-5;

    [Description("Whether a learnt scale and shift follow.")]
    public bool ElementwiseAffine { get; init; } = true;

    [Description("Whether a learnt shift follows, beside the scale.")]
    public bool Bias { get; init; } = true;

    private long[] Sizes => NormalizedShape.Expand(NormalizedShape.Values.Count);

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.SeesWholeInput(input, Sizes.Length);
        if (ElementwiseAffine)
        {
            visit.Tensor("weight", Initialization.Ones, Sizes);
            if (Bias)
                visit.Tensor("bias", Initialization.Zeros, Sizes);
        }

        if (!input.HasRank)
            return input;
        var fits =
            Sizes.Length <= input.Rank
            && input
                .Sizes.Skip(input.Rank - Sizes.Length)
                .Zip(Sizes)
                .All(pair => pair.First == pair.Second || pair.First == Shape.UnknownSize);
        if (!fits)
            visit.Fail("normalized_shape", $"The last sizes of the input {input} are not {NormalizedShape}.");
        return input;
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(
            node.Key,
            new LayerNormOperator(
                Sizes,
                Eps,
                ElementwiseAffine ? $"{node.Key}.weight" : null,
                ElementwiseAffine && Bias ? $"{node.Key}.bias" : null
            ),
            input
        );
}
