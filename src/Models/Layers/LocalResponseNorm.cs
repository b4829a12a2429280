using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Analysis;
using ModelService.Models.Compilation;
using static TorchSharp.torch;

namespace ModelService.Models.Layers;

/// <summary>Dampens a number where its neighbours in the channels before and behind are large.</summary>
/// <remarks>
/// <c>x / (k + alpha / size · Σ x'²)^beta</c>, the sum over <c>size</c> neighbouring channels. Source: Krizhevsky et al. 2012;
/// PyTorch nn.LocalResponseNorm.
/// </remarks>
[Layer("local_response_norm", "Dampens a number where its neighbours in other channels are large.")]
internal sealed record LocalResponseNorm : LayerDefinition
{
    [Description("How many neighbouring channels count."), Range(1, int.MaxValue)]
    public required int Size { get; init; }

    [Description("How much the neighbours count.")]
    public double Alpha { get; init; } = 1e-4;

    [Description("The exponent.")]
    public double Beta { get; init; } = 0.75;

    [Description("Added to the neighbours' sum.")]
    public double K { get; init; } = 1.0;

    internal override Shape Infer(Shape input, LayerVisit visit) => visit.RequireRank(input, [2, 3, 4]) ? input : Shape.Unknown;

    internal override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent)
    {
        var (size, alpha, beta, k) = (Size, Alpha, Beta, K);
        return input => nn.functional.local_response_norm(input, size, alpha, beta, k);
    }
}
