using ModelService.Models.Backends;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using static TorchSharp.torch;

namespace ModelService.Rivals;

/// <summary>
/// A network with 8-bit integers for ONNX Runtime, in the form that its own tool makes (static quantization, QDQ):
/// activations in uint8 with the range of their values, weights in int8 with a scale for each output channel, biases in
/// int32. Norms are folded in first, and the layer that gives the logits stays in float32, as in ours.
/// </summary>
internal sealed class QuantizedOnnx
{
    private static readonly string[] Quantizable =
    [
        "Conv",
        "Gemm",
        "Add",
        "Relu",
        "Clip",
        "MaxPool",
        "AveragePool",
        "GlobalAveragePool",
        "Reshape",
        "Identity",
    ];

    private readonly Dictionary<string, Tensor> constants = [];
    private readonly Dictionary<string, string> read = []; // the dequantized value of each value
    private readonly List<OnnxNode> nodes = [];
    private readonly IReadOnlyDictionary<string, QuantizedFormat> formats;

    private QuantizedOnnx(IReadOnlyDictionary<string, QuantizedFormat> formats) => this.formats = formats;

    /// <summary>Writes a network.</summary>
    /// <param name="analysis">The network.</param>
    /// <param name="parameters">Its tensors.</param>
    /// <param name="calibration">Inputs that the ranges of all values are found with: <c>[N, ...]</c>.</param>
    public static byte[] Write(ArchitectureAnalysis analysis, ParameterStore parameters, Tensor calibration)
    {
        var plan = PlanPasses.Fuse(analysis.ToPlan());
        var exact = OnnxFile.Nodes(plan);
        var weights = Fold(plan, parameters);
        var all = plan.Operators.Select(item => ($"{item.Output}", item.Output.Shape)).ToList();
        using var session = new OnnxSession(OnnxFile.Write(plan, exact, weights, all), threads: 2);
        var formats = session
            .Ranges(calibration)
            .Append(new($"{plan.Input}", (calibration.min().item<float>(), calibration.max().item<float>())))
            .ToDictionary(item => item.Key, item => QuantizedFormat.Covering(item.Value.Min, item.Value.Max));
        formats.Remove($"{plan.Output}");
        var quantized = new QuantizedOnnx(formats);
        foreach (var node in exact)
            quantized.Add(node, weights);
        foreach (var (name, tensor) in weights)
            quantized.constants.TryAdd(name, tensor);
        return OnnxFile.Write(plan, quantized.nodes, quantized.constants, [($"{plan.Output}", plan.Output.Shape)]);
    }

    private static Dictionary<string, Tensor> Fold(Plan plan, ParameterStore parameters)
    {
        var folded = new FoldedWeights(parameters.StateDict, ScalarType.Float32);
        var weights = parameters.StateDict.ToDictionary();
        foreach (var source in plan.Operators.OfType<WeightedOperator>().Select(item => (NamedWeights)item.Weights))
        {
            if (source.Norms.Count == 0)
                continue;
            weights[source.Name] = folded.Get(new WeightTensor(source, IsFloat32: true));
            weights[$"{source.Name}.bias"] = folded.Get(new BiasTensor(source, IsFloat32: true));
        }

        return weights;
    }

    private void Add(OnnxNode node, Dictionary<string, Tensor> weights)
    {
        if (!Quantizable.Contains(node.Type) || (node.Type is "Gemm" && !formats.ContainsKey(node.Output)))
        {
            nodes.Add(node);
            return;
        }

        var inputs = node.Inputs.Select(name => formats.ContainsKey(name) ? Dequantized(name) : name).ToList();
        if (node.Type is "Conv" or "Gemm")
        {
            var scale = formats[node.Inputs[0]].Scale;
            var ofChannels = Weight(node.Inputs[1], weights[node.Inputs[1]]);
            inputs[1] = $"{node.Inputs[1]}_dq";
            if (inputs.Count > 2)
            {
                inputs[2] = $"{node.Inputs[2]}_dq";
                Constant(node.Inputs[2], weights[node.Inputs[2]], ofChannels.mul(scale), ScalarType.Int32);
            }
        }

        nodes.Add(node with { Inputs = inputs });
    }

    private string Dequantized(string value)
    {
        if (read.TryGetValue(value, out var known))
            return known;
        var format = formats[value];
        constants[$"{value}_scale"] = tensor((float)format.Scale);
        constants[$"{value}_zero"] = tensor((byte)format.ZeroPoint);
        nodes.Add(new OnnxNode("QuantizeLinear", [value, $"{value}_scale", $"{value}_zero"], $"{value}_q"));
        nodes.Add(new OnnxNode("DequantizeLinear", [$"{value}_q", $"{value}_scale", $"{value}_zero"], $"{value}_dq"));
        return read[value] = $"{value}_dq";
    }

    // Symmetric, by output channel. Gives the scales.
    private Tensor Weight(string name, Tensor weight)
    {
        var scales = weight.abs().flatten(1).amax([1]).clamp_min(1e-9).div(127);
        Constant(name, weight, scales, ScalarType.Int8);
        return scales;
    }

    private void Constant(string name, Tensor values, Tensor scales, ScalarType type)
    {
        long[] perChannel = [-1, .. Enumerable.Repeat(1L, (int)values.dim() - 1)];
        constants[$"{name}_q"] = values.div(scales.reshape(perChannel)).round().to(type);
        constants[$"{name}_scale"] = scales;
        constants[$"{name}_zero"] = zeros([scales.shape[0]], type);
        nodes.Add(
            new OnnxNode(
                "DequantizeLinear",
                [$"{name}_q", $"{name}_scale", $"{name}_zero"],
                $"{name}_dq",
                OnnxFile.Attribute("axis", 0)
            )
        );
    }
}
