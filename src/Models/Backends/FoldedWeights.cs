using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>Computes the tensors of a plan from those of the network: norms folded in, channels padded.</summary>
/// <param name="stateDict">The network's tensors by name; borrowed.</param>
/// <param name="precision">The precision of the plan.</param>
/// <param name="quantization">The layers that compute with 8-bit integers; null: none.</param>
internal sealed class FoldedWeights(
    IReadOnlyDictionary<string, Tensor> stateDict,
    ScalarType precision,
    Quantization? quantization = null
)
{
    // The layer that was rounded last: its weight, scales, zero points and bias are asked for one after the other.
    private (WeightSource? Source, Int8Weight? Weight) rounded;

    /// <summary>
    /// Computes a tensor of a plan. The caller owns the result, unless it is the network's own tensor.
    /// </summary>
    public Tensor Get(PlanTensor planned) =>
        planned switch
        {
            WeightTensor weight => PaddedWeight(weight.Source).to(Type(weight.IsFloat32)),
            BiasTensor { Source: var source } bias => Padded(Bias(source)!, [0, source.PadOut])
                .to(Type(bias.IsFloat32)),
            Int8WeightTensor weight => Int8(weight.Source).ToTensor(),
            WeightScaleTensor weight => tensor(Int8(weight.Source).Scales),
            WeightZeroPointTensor weight => zeros([Int8(weight.Source).Scales.Length], ScalarType.Int32),
            CorrectedBiasTensor bias => CorrectedBias(bias.Source),
            ParameterTensor parameter => stateDict[parameter.Name],
            ConvertedTensor parameter => stateDict[parameter.Name].to(precision),
            NormTensor { Name: var name } => stateDict[name] is { device.type: DeviceType.CPU } onCpu
                ? onCpu
                : stateDict[name].to(precision),
            LogitScaleTensor scale => PositionBiases.Scale(stateDict[scale.Name]).to(precision),
            PositionBiasTensor { Bias: var bias } => WithGroups(PositionBiases.Compute(bias, name => stateDict[name]))
                .to(precision),
            _ => throw new InvalidOperationException($"{planned.GetType().Name} is not a tensor of a plan."),
        };

    private static Tensor WithGroups(Tensor bias) => (bias.dim() == 3 ? bias.unsqueeze(0) : bias).contiguous();

    private Tensor PaddedWeight(WeightSource source)
    {
        var weight = Weight(source);
        return Padded(weight, [.. new long[2 * (weight.dim() - 2)], 0, source.PadIn, 0, source.PadOut]);
    }

    private Int8Weight Int8(WeightSource source)
    {
        if (!ReferenceEquals(rounded.Source, source))
            rounded = (source, Int8Weight.Round(Weight(source).cpu()));
        return rounded.Weight!;
    }

    private Tensor CorrectedBias(WeightSource source)
    {
        var result = Bias(source)?.to(ScalarType.Float32) ?? zeros([Int8(source).Scales.Length], ScalarType.Float32);
        return
            source is NamedWeights { Name: var name }
            && quantization?.BiasCorrections.GetValueOrDefault(name) is { } correction
            ? TensorMath.Sum(result, tensor(correction).to(result.device))
            : result;
    }

    private ScalarType Type(bool isFloat32) => isFloat32 ? ScalarType.Float32 : precision;

    private static Tensor Padded(Tensor tensor, long[] zeros) =>
        zeros.All(count => count == 0) ? tensor : nn.functional.pad(tensor, zeros);

    // Batch norms are folded in in float64: W' = W · s and b' = (b - mean) · s + shift,
    // where s = scale / sqrt(var + eps). Each output channel has its own s, mean and shift.
    private Tensor Weight(WeightSource source)
    {
        var weight = source switch
        {
            NamedWeights named => stateDict[named.Name],
            FixedWeights filter => tensor(filter.Kernel.ToArray(), [1, 1, 3, 3])
                .to(ScalarType.Float32)
                .repeat(filter.Channels, 1, 1, 1),
            _ => throw new InvalidOperationException($"{source.GetType().Name} is not a source of weights."),
        };
        if (source.Norms.Count == 0)
            return weight;
        weight = weight.to(ScalarType.Float64, copy: true);
        foreach (var norm in source.Norms)
            weight.mul_(Scale(norm).reshape([-1, .. Enumerable.Repeat(1L, (int)weight.dim() - 1)]));
        return weight;
    }

    private Tensor? Bias(WeightSource source)
    {
        var bias = source.Bias is null ? null : stateDict[source.Bias];
        if (bias is not null && source.UnbiasedRows is { } rows)
        {
            bias = bias.clone();
            bias.narrow(0, rows.Start, rows.Length).zero_();
        }

        foreach (var norm in source.Norms)
        {
            var mean = Double(norm, "running_mean");
            bias = ((bias?.to(ScalarType.Float64) ?? zeros_like(mean)) - mean) * Scale(norm);
            if (norm.Affine)
                bias = TensorMath.Sum(bias, Double(norm, "bias"));
        }

        return bias;
    }

    private Tensor Scale(Norm norm)
    {
        var scale = TensorMath.Sum(Double(norm, "running_var"), norm.Eps).rsqrt();
        return norm.Affine ? scale * Double(norm, "weight") : scale;
    }

    private Tensor Double(Norm norm, string name) => stateDict[$"{norm.Key}.{name}"].to(ScalarType.Float64);
}
