using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// A tensor of the block that the layer is in, such as a class token. Its name in the state dict is the layer's key,
/// and
/// it comes before the tensors of the block's layers, as in <c>nn.Module</c>.
/// </summary>
public abstract record ParameterLayer : LayerDefinition
{
    internal sealed override bool IsParameter => true;

    /// <summary>How the tensor and the input are combined.</summary>
    private protected abstract ParameterUse Use { get; }

    internal sealed override Value Emit(LayerNode node, GraphBuilder graph, Value input) =>
        graph.Add(node.Key, new ParameterOperator(node.Key, [.. node.Tensors[0].Shape], Use), input);

    internal sealed override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        var sizes = string.Join(", ", node.Tensors[0].Shape);
        var parameter = block.Parameter(
            node,
            node.Tensors[0].Initialization switch
            {
                Initialization.Constant { Value: var value } =>
                    $"torch.full(({sizes},), {PyTorchExpression.Format(value)})",
                Initialization.Normal { Deviation: var deviation } =>
                    $"torch.empty({sizes}).normal_(std={PyTorchExpression.Format(deviation)})",
                var other => throw new InvalidOperationException($"{other} is not written."),
            }
        );
        return block.Assign(
            Use switch
            {
                ParameterUse.Prepend => $"torch.cat([{parameter}.expand({input}.shape[0], -1, -1), {input}], 1)",
                ParameterUse.Add => $"{input} + {parameter}",
                _ => $"{input} * {parameter}",
            }
        );
    }
}

/// <summary>A learnt factor for each channel, small at first.</summary>
/// <remarks>Source: Touvron et al. 2021, arXiv:2103.17239.</remarks>
[Layer(
    "layer_scale",
    "Multiplies each channel by a learnt factor, which is small at first; ends the body of a residual."
)]
internal sealed record LayerScale : ParameterLayer
{
    [Description("The dimension that has the channels: 1 for pictures, -1 for tokens. Never 0, the batch.")]
    public int Dim { get; init; } = 1;

    [Description("The factors before training."), Range(-float.MaxValue, float.MaxValue)]
    public double Initial { get; init; } = 1e-6;

    private protected override ParameterUse Use => ParameterUse.Multiply;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        if (!input.HasRank)
            return input;
        if (visit.RequireDimension("dim", Dim, input) is not { } dimension)
            return Shape.Unknown;
        visit.Parameter(
            new Initialization.Constant(Initial),
            isPositions: false,
            [input.Sizes[dimension - 1], .. Enumerable.Repeat(1L, input.Rank - dimension)]
        );
        return input;
    }
}

/// <summary>A learnt token before all others, which gathers what the classifier needs.</summary>
/// <remarks>Source: Dosovitskiy et al. 2020, arXiv:2010.11929.</remarks>
[Layer("class_token", "Puts a learnt token before all others: attention gathers there what the classifier needs.")]
internal sealed record ClassToken : ParameterLayer
{
    private protected override ParameterUse Use => ParameterUse.Prepend;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        input = visit.RequireTokens(input);
        if (!input.HasRank)
            return input;
        visit.Parameter(Initialization.Zeros, isPositions: false, 1, 1, input.Sizes[1]);
        return input.Sizes[0] == Shape.UnknownSize ? input : input.With(0, input.Sizes[0] + 1);
    }
}

/// <summary>A learnt vector for each place, added to its token: attention alone does not know the order.</summary>
/// <remarks>Source: Dosovitskiy et al. 2020, arXiv:2010.11929.</remarks>
[Layer(
    "position_embedding",
    "Adds a learnt vector for each place to its token, since attention does not know places. Vectors of a file for "
        + "another size of picture are resized."
)]
internal sealed record PositionEmbedding : ParameterLayer
{
    private protected override ParameterUse Use => ParameterUse.Add;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        input = visit.RequireTokens(input);
        if (input.HasRank)
            visit.Parameter(new Initialization.Normal(0.02), isPositions: true, 1, input.Sizes[0], input.Sizes[1]);
        return input;
    }
}
