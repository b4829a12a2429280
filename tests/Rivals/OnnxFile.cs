using System.Runtime.InteropServices;
using Google.Protobuf;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Rivals;

/// <summary>
/// Writes a network in the ONNX format, for another program to compute: only the operators of the measured networks.
/// </summary>
/// <remarks>
/// Source: onnx.proto, IR version 8, and the operators of opset 17; the numbers below are its fields'.
/// </remarks>
internal static class OnnxFile
{
    private const int Float = 1; // TensorProto.DataType
    private const int Int64 = 7;

    /// <summary>The nodes of a network.</summary>
    /// <param name="plan">The network, as its layers emit it, or with norms and activations in its layers.</param>
    public static IReadOnlyList<OnnxNode> Nodes(Plan plan) => [.. plan.Operators.SelectMany(Nodes)];

    /// <summary>Writes a network, with inputs <c>[N, ...]</c> with any N.</summary>
    /// <param name="plan">The network: its input.</param>
    /// <param name="nodes">Its nodes.</param>
    /// <param name="weights">Its tensors by their names, float32, int8, uint8 or int32 on the CPU.</param>
    /// <param name="outputs">The values that it gives, with their shapes.</param>
    public static byte[] Write(
        Plan plan,
        IReadOnlyList<OnnxNode> nodes,
        IReadOnlyDictionary<string, Tensor> weights,
        IEnumerable<(string Name, Shape Shape)> outputs
    )
    {
        var values = nodes.Select(node => node.Output).Append($"{plan.Input}").ToHashSet();
        var graph = Message(graph =>
        {
            foreach (var node in nodes)
                graph.Field(1, Write(node));
            graph.Field(2, "network");
            foreach (var name in nodes.SelectMany(node => node.Inputs).Distinct().Where(name => !values.Contains(name)))
                graph.Field(5, Initializer(name, weights));
            graph.Field(11, ValueInfo($"{plan.Input}", plan.Input.Shape));
            foreach (var (name, shape) in outputs)
                graph.Field(12, ValueInfo(name, shape));
        });
        return Message(model =>
        {
            model.Field(1, 8);
            model.Field(7, graph);
            model.Field(8, Message(opset => opset.Field(2, 17)));
        });
    }

    private static byte[] Write(OnnxNode node) =>
        Message(message =>
        {
            foreach (var name in node.Inputs)
                message.Field(1, name);
            message.Field(2, node.Output);
            message.Field(4, node.Type);
            foreach (var attribute in node.Attributes)
                message.Field(5, attribute);
        });

    // An operator as a node, or as several where ONNX has no node for it.
    private static IReadOnlyList<OnnxNode> Nodes(Operator item)
    {
        var nodes = new OnnxNodes(item);
        var x = $"{item.Input}";
        var last = item.Input.Shape.Rank; // dimension, the batch counted
        switch (item)
        {
            case ConvolutionOperator convolution:
                var geometry = Window(
                    convolution.Kernel,
                    convolution.Stride,
                    convolution.Padding,
                    convolution.Dilation,
                    ("group", convolution.Groups)
                );
                if (convolution.Activation is { Kind: var kind })
                    Activate(nodes, kind, nodes.Add("Conv", [x, .. Weights(convolution)], [.. geometry]));
                else
                    nodes.End("Conv", [x, .. Weights(convolution)], [.. geometry]);
                break;
            case LinearOperator linear when last == 1:
                nodes.End("Gemm", [x, .. Weights(linear)], Attribute("transB", 1));
                break;
            case LinearOperator linear:
                var turned = nodes.Add("Transpose", [Weights(linear)[0]], Attribute("perm", [1L, 0]));
                if (Weights(linear) is [_, var bias])
                    nodes.End("Add", [nodes.Add("MatMul", [x, turned]), bias]);
                else
                    nodes.End("MatMul", [x, turned]);
                break;
            case BatchNormOperator { Norm: var norm }:
                string[] tensors = ["weight", "bias", "running_mean", "running_var"];
                nodes.End(
                    "BatchNormalization",
                    [x, .. tensors.Select(name => $"{norm.Key}.{name}")],
                    Attribute("epsilon", (float)norm.Eps)
                );
                break;
            case LayerNormOperator { Weight: { } weight, Bias: { } shift } norm:
                var (axis, epsilon) = (Attribute("axis", -norm.Sizes.Length), Attribute("epsilon", (float)norm.Eps));
                nodes.End("LayerNormalization", [x, weight, shift], axis, epsilon);
                break;
            case ActivationOperator { Function.Kind: var function }:
                Activate(nodes, function, x);
                break;
            case AddOperator or MultiplyOperator:
                nodes.End(item is AddOperator ? "Add" : "Mul", [x, $"{item.Inputs[1]}"]);
                break;
            case ReshapeOperator reshape:
                nodes.End("Reshape", [x, OnnxNodes.Numbers([-1, .. reshape.Shape.Sizes])]);
                break;
            case PermuteOperator permute:
                nodes.End("Transpose", [x], Attribute("perm", permute.Dimensions));
                break;
            case SliceOperator slice:
                nodes.End("Slice", [x, .. OnnxNodes.Part(slice.Start, slice.Start + slice.Length, slice.Dimension)]);
                break;
            case ConcatOperator:
                nodes.End("Concat", [.. item.Inputs.Select(value => $"{value}")], Attribute("axis", 1));
                break;
            case ParameterOperator { Use: ParameterUse.Prepend } parameter:
                // Of the batch's size: the first token times 0, plus the parameter.
                var first = nodes.Add("Slice", [x, .. OnnxNodes.Part(0, 1, 1)]);
                var token = nodes.Add("Add", [nodes.Add("Mul", [first, "0"]), parameter.Name]);
                nodes.End("Concat", [token, x], Attribute("axis", 1));
                break;
            case ParameterOperator parameter:
                nodes.End(parameter.Use == ParameterUse.Add ? "Add" : "Mul", [x, parameter.Name]);
                break;
            case AttentionOperator { Bias: null, LogitScale: null } attention when last == 2:
                Attend(nodes, attention, x);
                break;
            case DropoutOperator:
                nodes.End("Identity", [x]);
                break;
            case MaxPoolOperator { Geometry: { Rank: 2, CeilMode: false } pool }:
                nodes.End("MaxPool", [x], [.. Window(pool.Kernel, pool.Stride, pool.Padding, pool.Dilation)]);
                break;
            case AvgPoolOperator { Geometry: { Rank: 2, CeilMode: false } pool, DivisorOverride: null } mean:
                var sides = Window(pool.Kernel, pool.Stride, pool.Padding, pool.Dilation).Take(3);
                nodes.End("AveragePool", [x], [.. sides, Attribute("count_include_pad", mean.CountIncludePad ? 1 : 0)]);
                break;
            case AdaptivePoolOperator { IsMax: false, OutputSize: [1, 1] }:
                nodes.End("GlobalAveragePool", [x]);
                break;
            case AdaptivePoolOperator { IsMax: false } pool
                when item.Input.Shape.Sizes.Skip(1).SequenceEqual(pool.OutputSize):
                nodes.End("Identity", [x]);
                break;
            default:
                throw new NotSupportedException($"{item} has no form in ONNX here.");
        }

        return nodes.All;
    }

    // A layer with norms has tensors of its own name, into which they are folded.
    private static string[] Weights(WeightedOperator weighted)
    {
        var source = (NamedWeights)weighted.Weights;
        return source.Norms.Count > 0 ? [source.Name, $"{source.Name}.bias"]
            : source.Bias is { } bias ? [source.Name, bias]
            : [source.Name];
    }

    private static void Activate(OnnxNodes nodes, ActivationKind kind, string x)
    {
        switch (kind)
        {
            case ActivationKind.Relu6:
                nodes.End("Clip", [x, "0", "6"]);
                break;
            case ActivationKind.Silu:
                nodes.End("Mul", [x, nodes.Add("Sigmoid", [x])]);
                break;
            case ActivationKind.Hardsigmoid:
                nodes.End("HardSigmoid", [x], Attribute("alpha", 1 / 6f), Attribute("beta", 0.5f));
                break;
            case ActivationKind.Gelu:
                // In the form that ONNX Runtime fuses.
                var erf = nodes.Add("Erf", [nodes.Add("Div", [x, "1.4142135"])]);
                nodes.End("Mul", [nodes.Add("Mul", [x, nodes.Add("Add", [erf, "1"])]), "0.5"]);
                break;
            case ActivationKind.Relu or ActivationKind.Sigmoid:
                nodes.End(kind.ToString(), [x]);
                break;
            case ActivationKind.Hardswish:
                nodes.End("HardSwish", [x]);
                break;
            default:
                throw new NotSupportedException($"{kind} has no form in ONNX here.");
        }
    }

    private static void Attend(OnnxNodes nodes, AttentionOperator item, string x)
    {
        var (length, channels) = (item.Output.Shape.Sizes[0], item.Output.Shape.Sizes[1]);
        var (query, key, value) = (Part(0, [0, 2, 1, 3]), Part(1, [0, 2, 3, 1]), Part(2, [0, 2, 1, 3]));
        var scale = item.Scale.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        var scores = nodes.Add("Mul", [nodes.Add("MatMul", [query, key]), scale]);
        var weights = nodes.Add("Softmax", [scores], Attribute("axis", -1));
        var back = nodes.Add("Transpose", [nodes.Add("MatMul", [weights, value])], Attribute("perm", [0L, 2, 1, 3]));
        nodes.End("Reshape", [back, OnnxNodes.Numbers([-1, length, channels])]);

        string Part(int number, long[] order)
        {
            var part = nodes.Add("Slice", [x, .. OnnxNodes.Part(number * channels, (number + 1) * channels, 2)]);
            long[] heads = [-1, length, item.Heads, channels / item.Heads];
            return nodes.Add(
                "Transpose",
                [nodes.Add("Reshape", [part, OnnxNodes.Numbers(heads)])],
                Attribute("perm", order)
            );
        }
    }

    private static List<byte[]> Window(
        long[] kernel,
        long[] stride,
        long[] padding,
        long[] dilation,
        params IEnumerable<(string Name, long Value)> more
    ) =>
        [
            Attribute("kernel_shape", kernel),
            Attribute("strides", stride),
            Attribute("pads", [.. padding, .. padding]),
            Attribute("dilations", dilation),
            .. more.Select(item => Attribute(item.Name, item.Value)),
        ];

    // The type is of AttributeProto.AttributeType: 1 float, 2 int, 7 ints.
    private static byte[] Attribute(string name, float value) =>
        Message(attribute =>
        {
            attribute.Field(1, name);
            attribute.WriteTag(2, WireFormat.WireType.Fixed32);
            attribute.WriteFloat(value);
            attribute.Field(20, 1);
        });

    internal static byte[] Attribute(string name, long value) =>
        Message(attribute =>
        {
            attribute.Field(1, name);
            attribute.Field(3, value);
            attribute.Field(20, 2);
        });

    private static byte[] Attribute(string name, long[] values) =>
        Message(attribute =>
        {
            attribute.Field(1, name);
            foreach (var value in values)
                attribute.Field(8, value);
            attribute.Field(20, 7);
        });

    // A name that is a number is that number; one in brackets is a list of whole numbers.
    private static byte[] Initializer(string name, IReadOnlyDictionary<string, Tensor> weights) =>
        Message(tensor =>
        {
            if (name.StartsWith('['))
            {
                long[] numbers = [.. name.Trim('[', ']').Split(',').Select(long.Parse)];
                tensor.Field(1, numbers.Length);
                tensor.Field(2, Int64);
                tensor.Field(8, name);
                tensor.Field(9, MemoryMarshal.AsBytes<long>(numbers).ToArray());
                return;
            }

            var known = weights.GetValueOrDefault(name);
            foreach (var size in known?.shape ?? [])
                tensor.Field(1, size);
            tensor.Field(2, known is null ? Float : TypeOf(known.dtype));
            tensor.Field(8, name);
            tensor.Field(
                9,
                known is null
                    ? BitConverter.GetBytes(float.Parse(name, System.Globalization.CultureInfo.InvariantCulture))
                    : known.contiguous().bytes.ToArray()
            );
        });

    // TensorProto.DataType
    private static int TypeOf(ScalarType type) =>
        type switch
        {
            ScalarType.Byte => 2,
            ScalarType.Int8 => 3,
            ScalarType.Int32 => 6,
            _ => Float,
        };

    private static byte[] ValueInfo(string name, Shape shape) =>
        Message(info =>
        {
            info.Field(1, name);
            info.Field(
                2,
                Message(type =>
                    type.Field(
                        1,
                        Message(tensor =>
                        {
                            tensor.Field(1, Float);
                            tensor.Field(
                                2,
                                Message(sizes =>
                                {
                                    sizes.Field(1, Message(dimension => dimension.Field(2, "N")));
                                    foreach (var size in shape.Sizes)
                                        sizes.Field(1, Message(dimension => dimension.Field(1, size)));
                                })
                            );
                        })
                    )
                )
            );
        });

    internal static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var stream = new CodedOutputStream(bytes, leaveOpen: true))
            write(stream);
        return bytes.ToArray();
    }

    private static void Field(this CodedOutputStream message, int number, long value)
    {
        message.WriteTag(number, WireFormat.WireType.Varint);
        message.WriteInt64(value);
    }

    internal static void Field(this CodedOutputStream message, int number, string value)
    {
        message.WriteTag(number, WireFormat.WireType.LengthDelimited);
        message.WriteString(value);
    }

    internal static void Field(this CodedOutputStream message, int number, byte[] value)
    {
        message.WriteTag(number, WireFormat.WireType.LengthDelimited);
        message.WriteBytes(ByteString.CopyFrom(value));
    }
}
