using System.Runtime.InteropServices;
using Google.Protobuf;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
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

    /// <summary>Writes a network with the input <c>x</c>, <c>[N, ...]</c> with any N.</summary>
    /// <param name="analysis">The network.</param>
    /// <param name="weights">Its tensors by their names, float32 on the CPU.</param>
    /// <param name="output">What the output is called.</param>
    public static byte[] Write(
        ArchitectureAnalysis analysis,
        IReadOnlyDictionary<string, Tensor> weights,
        out string output
    )
    {
        var plan = analysis.ToPlan();
        var (result, input) = ($"{plan.Output}", $"{plan.Input}");
        var names = new HashSet<string>();
        var graph = Message(graph =>
        {
            foreach (var item in plan.Operators)
                graph.Field(1, Node(item, names));
            graph.Field(2, "network");
            foreach (var name in names)
                graph.Field(5, Initializer(name, weights));
            graph.Field(11, ValueInfo(input, plan.Input.Shape));
            graph.Field(12, ValueInfo(result, plan.Output.Shape));
        });
        output = result;
        return Message(model =>
        {
            model.Field(1, 8);
            model.Field(7, graph);
            model.Field(8, Message(opset => opset.Field(2, 17)));
        });
    }

    private static byte[] Node(Operator item, HashSet<string> names)
    {
        string[] Weights(WeightedOperator weighted)
        {
            var source = (NamedWeights)weighted.Weights;
            return source.Bias is { } bias ? [source.Name, bias] : [source.Name];
        }

        var (type, constants, attributes) = item switch
        {
            ConvolutionOperator convolution => (
                "Conv",
                Weights(convolution),
                Window(
                    convolution.Kernel,
                    convolution.Stride,
                    convolution.Padding,
                    convolution.Dilation,
                    ("group", convolution.Groups)
                )
            ),
            LinearOperator linear => ("Gemm", Weights(linear), new List<byte[]> { Attribute("transB", 1) }),
            BatchNormOperator { Norm: var norm } => (
                "BatchNormalization",
                [$"{norm.Key}.weight", $"{norm.Key}.bias", $"{norm.Key}.running_mean", $"{norm.Key}.running_var"],
                [Attribute("epsilon", (float)norm.Eps)]
            ),
            ActivationOperator { Function.Kind: ActivationKind.Relu } => ("Relu", [], []),
            ActivationOperator { Function.Kind: ActivationKind.Relu6 } => ("Clip", ["0", "6"], []),
            AddOperator => ("Add", [], []),
            ReshapeOperator { Shape.Rank: 1 } => ("Flatten", [], []),
            DropoutOperator => ("Identity", [], []),
            MaxPoolOperator { Geometry: { Rank: 2, CeilMode: false } pool } => (
                "MaxPool",
                [],
                Window(pool.Kernel, pool.Stride, pool.Padding, pool.Dilation)
            ),
            AdaptivePoolOperator { IsMax: false, OutputSize: [1, 1] } => ("GlobalAveragePool", [], []),
            AdaptivePoolOperator { IsMax: false, OutputSize: var size }
                when item.Inputs[0].Shape.Sizes.Skip(1).SequenceEqual(size) => ("Identity", [], []),
            _ => throw new NotSupportedException($"{item} has no form in ONNX here."),
        };
        names.UnionWith(constants);
        return Message(node =>
        {
            foreach (var name in item.Inputs.Select(value => $"{value}").Concat(constants))
                node.Field(1, name);
            node.Field(2, $"{item.Output}");
            node.Field(4, type);
            foreach (var attribute in attributes)
                node.Field(5, attribute);
        });
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

    private static byte[] Attribute(string name, long value) =>
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

    // A name that is a number is that number.
    private static byte[] Initializer(string name, IReadOnlyDictionary<string, Tensor> weights) =>
        Message(tensor =>
        {
            var known = weights.GetValueOrDefault(name);
            foreach (var size in known?.shape ?? [])
                tensor.Field(1, size);
            tensor.Field(2, Float);
            tensor.Field(8, name);
            tensor.Field(
                9,
                known is null
                    ? BitConverter.GetBytes(float.Parse(name, System.Globalization.CultureInfo.InvariantCulture))
                    : MemoryMarshal.AsBytes<float>(known.data<float>().ToArray()).ToArray()
            );
        });

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

    private static byte[] Message(Action<CodedOutputStream> write)
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

    private static void Field(this CodedOutputStream message, int number, string value)
    {
        message.WriteTag(number, WireFormat.WireType.LengthDelimited);
        message.WriteString(value);
    }

    private static void Field(this CodedOutputStream message, int number, byte[] value)
    {
        message.WriteTag(number, WireFormat.WireType.LengthDelimited);
        message.WriteBytes(ByteString.CopyFrom(value));
    }
}
