using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>Writes convolutions and linear layers as TorchScript, each with its kernel.</summary>
internal sealed class WeightedWriter(ProgramText text, Precision precision, bool channelsLast)
{
    // Whether oneDNN adds into new memory. In float32, that takes longer than one more pass for the sum and relu
    // (docs/decisions/0018).
    private bool FusesSumsIntoNewMemory => precision != Precision.Float32;

    /// <summary>Gives the expression that computes an operator, and adds the lines before it to the text.</summary>
    public string Write(WeightedOperator item)
    {
        if (item.Quantized is not null)
            return QuantizedWriter.Write(text, item, item.Quantized);
        if (!item.IsFloat32 || precision == Precision.Float32)
            return Write(item, [.. item.Inputs.Select(input => $"{input}")], precision == Precision.Float32);
        var result = Write(
            item,
            [.. item.Inputs.Select(input => text.Local(Converted($"{input}", Precision.Float32)))],
            isFloat32: true
        );

        // libtorch's own function gives pictures in another layout, to which oneDNN adds nothing in place.
        var isContiguous = item is ConvolutionOperator { Kernel.Length: 2, KernelKind: KernelKind.Plain };
        return Converted(result, precision, isContiguous ? ", False, False, 2" : "");
    }

    /// <summary>An expression for a value in another precision.</summary>
    /// <param name="value">The value.</param>
    /// <param name="precision">The precision. The codes are those of c10::ScalarType.</param>
    /// <param name="layout">More arguments: <c>non_blocking</c>, <c>copy</c>, and the memory format.</param>
    public static string Converted(string value, Precision precision, string layout = "") =>
        $"torch.to({value}, {precision switch { Precision.BFloat16 => 15, Precision.Float16 => 5, _ => 6 }}{layout})";

    private string Write(WeightedOperator item, string[] inputs, bool isFloat32)
    {
        var bias = item.Weights.HasBias ? text.Tensor(new BiasTensor(item.Weights, isFloat32)) : "None";
        var weight = new WeightTensor(item.Weights, isFloat32);
        var addend = item.HasAddend ? inputs[1] : null;
        return (item, item.KernelKind) switch
        {
            (ConvolutionOperator convolution, KernelKind.Fused) => Fused(convolution, inputs[0], addend, weight, bias),
            (ConvolutionOperator convolution, KernelKind.AsLinear) => AsLinear(
                convolution,
                inputs[0],
                addend,
                weight,
                bias
            ),
            (ConvolutionOperator convolution, KernelKind.Cudnn) => Cudnn(convolution, inputs[0], addend, weight, bias),
            (ConvolutionOperator convolution, KernelKind.Depthwise) => WithUnfused(
                $"torch._conv_depthwise2d({inputs[0]}, {text.Tensor(weight)}, {Literal.Format(convolution.Kernel)}, "
                    + $"{bias}, {Literal.Format(convolution.Stride)}, {Literal.Format(convolution.Padding)}, "
                    + $"{Literal.Format(convolution.Dilation)})",
                addend,
                item.Activation
            ),
            (ConvolutionOperator convolution, _) => WithUnfused(
                $"torch.conv{convolution.Kernel.Length}d({Plain(inputs[0])}, "
                    + $"{text.Tensor(weight, InLayout(convolution))}, {bias}, {Literal.Format(convolution.Stride)}, "
                    + $"{Literal.Format(convolution.Padding)}, {Literal.Format(convolution.Dilation)}, "
                    + $"{convolution.Groups})",
                addend,
                item.Activation
            ),
            (_, KernelKind.Fused) => Linear(item, inputs[0], addend, Packed(weight), bias),
            _ => WithUnfused($"torch.linear({inputs[0]}, {text.Tensor(weight)}, {bias})", addend, item.Activation),
        };
    }

    // On the CPU, libtorch's own function computes the forms that oneDNN computes wrongly in channels_last, so its
    // input is made contiguous.
    private string Plain(string input) => channelsLast ? input : $"torch.contiguous({input})";

    private Func<string, string>? InLayout(ConvolutionOperator item) =>
        channelsLast && item.Kernel.Length == 2 ? name => $"torch.contiguous({name}, memory_format=2)" : null;

    private string Fused(ConvolutionOperator item, string input, string? addend, WeightTensor weight, string bias)
    {
        var layout = new OneDnnLayout(text, item.Kernel.Length);
        var geometry =
            $"{layout.Sizes(item.Padding, 0)}, {layout.Sizes(item.Stride, 1)}, {layout.Sizes(item.Dilation, 1)}, "
            + $"{item.Groups}";
        var packed = text.Tensor(
            weight,
            input,
            (name, inputs) =>
                $"ops.mkldnn._reorder_convolution_weight({layout.PictureWeight(name)}, {geometry}, "
                + $"{layout.InputSize(item, inputs)})"
        );
        input = layout.ToPicture(input);

        // oneDNN's function computes a sum with the convolution, and after a sum only relu.
        var fusesSum = addend is not null && (item.IsAddendFree || FusesSumsIntoNewMemory);
        var fusesActivation =
            item.Activation is { } activation
            && Activations.FusedName(activation) is { } fusedName
            && (addend is null || (fusesSum && fusedName == "relu"));
        var (function, operands) =
            !fusesSum ? ("_convolution_pointwise", input)
            : item.IsAddendFree ? ("_convolution_pointwise_", $"{layout.ToPicture(addend!)}, {input}")
            : ("_convolution_pointwise", $"{input}, {layout.ToPicture(addend!)}");
        var ending = fusesSum
            ? $"\"add\", None, {(fusesActivation ? "\"relu\"" : "None")}, [], None"
            : Ending(fusesActivation ? item.Activation : null);
        var result = layout.FromPicture($"ops.mkldnn.{function}({operands}, {packed}, {bias}, {geometry}, {ending})");
        return WithUnfused(result, fusesSum ? null : addend, fusesActivation ? null : item.Activation);
    }

    private string Cudnn(ConvolutionOperator item, string input, string? addend, WeightTensor weight, string bias)
    {
        var (function, sum) = addend is null ? ("convolution_relu", "") : ("convolution_add_relu", $"{addend}, 1, ");
        return $"torch.cudnn_{function}({input}, {text.Tensor(weight, InLayout(item))}, {sum}{bias}, "
            + $"{Literal.Format(item.Stride)}, {Literal.Format(item.Padding)}, {Literal.Format(item.Dilation)}, "
            + $"{item.Groups})";
    }

    private string AsLinear(ConvolutionOperator item, string input, string? addend, WeightTensor weight, string bias)
    {
        var rank = item.Kernel.Length;
        for (var dimension = 0; dimension < rank; dimension++)
        {
            if (item.Stride[dimension] > 1)
                input = $"torch.slice({input}, {dimension + 2}, 0, None, {item.Stride[dimension]})";
        }

        var layout = new OneDnnLayout(text, rank);
        return layout.FromMatrix(
            Linear(
                item,
                layout.ToMatrix(input),
                addend is null ? null : layout.ToMatrix(addend),
                Packed(weight, layout.MatrixWeight),
                bias
            )
        );
    }

    private string Linear(WeightedOperator item, string input, string? addend, string weight, string bias)
    {
        // oneDNN's linear function computes a sum or an activation, not both.
        if (addend is not null && FusesSumsIntoNewMemory)
        {
            return WithUnfused(
                $"ops.mkldnn._linear_pointwise({input}, {addend}, {weight}, {bias}, \"add\")",
                addend: null,
                item.Activation
            );
        }

        var fusesActivation =
            addend is null && item.Activation is { } activation && Activations.FusedName(activation) is not null;
        var ending = Ending(fusesActivation ? item.Activation : null);
        var result = $"ops.mkldnn._linear_pointwise({input}, {weight}, {bias}, {ending})";
        return WithUnfused(result, addend, fusesActivation ? null : item.Activation);
    }

    private string Packed(WeightTensor weight, Func<string, string>? matrix = null) =>
        text.Tensor(weight, name => $"ops.mkldnn._reorder_linear_weight({matrix?.Invoke(name) ?? name}, None)");

    // Adds the sum and the activation that an operator's function has not computed; both overwrite the result.
    private string WithUnfused(string result, string? addend, ActivationFunction? activation)
    {
        if (
            addend is not null
            && activation is { Kind: ActivationKind.Relu }
            && precision == Precision.Float32
            && !channelsLast
        )
        {
            return $"torch._add_relu_({result}, {addend})";
        }

        if (addend is not null)
            result = $"torch.add_({result}, {addend})";
        return activation is null ? result : Activations.Call(activation, result, isInPlace: true);
    }

    private static string Ending(ActivationFunction? activation)
    {
        if (activation is null)
            return "\"none\", [], None";
        var numbers = Literal.Format(Activations.Numbers(activation));
        return $"\"{Activations.FusedName(activation)}\", annotate(List[Optional[number]], {numbers}), "
            + Literal.Format(Activations.Formula(activation));
    }
}
