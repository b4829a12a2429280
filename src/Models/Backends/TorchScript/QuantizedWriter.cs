using ModelService.Models.Graph;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>
/// Writes convolutions and linear layers that compute with 8-bit integers, by oneDNN's functions: what is fused into
/// them is computed before the result is rounded.
/// </summary>
internal static class QuantizedWriter
{
    // Codes of c10::ScalarType.
    private const int UInt8 = 0;
    private const int Float32 = 6;

    /// <summary>
    /// Whether oneDNN's functions can compute an operator: the activation is one of theirs, and after a sum relu.
    /// </summary>
    public static bool CanWrite(WeightedOperator item) =>
        item is LinearOperator or ConvolutionOperator { Kernel.Length: 1 or 2 }
        && (
            item.Activation is not { } activation
            || activation.Kind == ActivationKind.Relu
            || (!item.HasAddend && FusedName(activation) is not null)
        );

    /// <summary>Gives the expression that computes an operator, and adds the lines before it to the text.</summary>
    public static string Write(ProgramText text, WeightedOperator item, QuantizedForm form) =>
        item is ConvolutionOperator convolution && !IsMatrixProduct(convolution)
            ? Convolution(text, convolution, form)
            : Linear(text, item, form);

    // A 1x1 convolution is a matrix product over the channels, which are adjacent in channels_last.
    private static bool IsMatrixProduct(ConvolutionOperator item) =>
        item.Groups == 1
        && item.Kernel.All(size => size == 1)
        && item.Padding.All(size => size == 0)
        && item.Stride.All(size => size == 1);

    private static string Convolution(ProgramText text, ConvolutionOperator item, QuantizedForm form)
    {
        var layout = new OneDnnLayout(text, item.Kernel.Length);
        var geometry =
            $"{layout.Sizes(item.Stride, 1)}, {layout.Sizes(item.Padding, 0)}, {layout.Sizes(item.Dilation, 1)}, "
            + $"{item.Groups}";
        var scales = text.Tensor(new WeightScaleTensor(item.Weights));
        var weight = text.Tensor(
            new Int8WeightTensor(item.Weights),
            $"{item.Inputs[0]}",
            (name, inputs) =>
                $"ops.onednn.qconv_prepack({layout.PictureWeight(name)}, {scales}, "
                + $"{Format(form.Input)}, {geometry}, {layout.InputSize(item, inputs)})"
        );
        var operands =
            $"{layout.ToPicture(item.Inputs[0].ToString())}, {Format(form.Input)}, {weight}, {scales}, "
            + text.Tensor(new WeightZeroPointTensor(item.Weights));
        var bias = text.Tensor(new CorrectedBiasTensor(item.Weights));
        var output = $"{Format(form.Output ?? new QuantizedFormat(1, 0))}, {(form.Output is null ? Float32 : UInt8)}";
        string result;
        if (form.Addend is null)
        {
            result =
                $"ops.onednn.qconv2d_pointwise({operands}, {bias}, {geometry}, {output}, {Ending(item.Activation)})";
        }
        else
        {
            result =
                $"ops.onednn.qconv2d_pointwise({operands}, "
                + $"{Accumulator(text, item, layout.ToPicture(item.Inputs[1].ToString()), ", memory_format=2")}, "
                + $"{bias}, {geometry}, {output}, {Format(form.Addend)}, \"sum\", None, "
                + $"{(item.Activation is null ? "None" : "\"relu\"")}, annotate(List[Optional[number]], []), None)";
        }

        return layout.FromPicture(result);
    }

    private static string Linear(ProgramText text, WeightedOperator item, QuantizedForm form)
    {
        var layout = new OneDnnLayout(text, item is ConvolutionOperator { Kernel.Length: var spatial } ? spatial : 0);
        var weight = text.Tensor(
            new Int8WeightTensor(item.Weights),
            name => $"ops.onednn.qlinear_prepack({layout.MatrixWeight(name)}, None)"
        );
        var operands =
            $"{layout.ToMatrix(item.Inputs[0].ToString())}, {Format(form.Input)}, {weight}, "
            + $"{text.Tensor(new WeightScaleTensor(item.Weights))}, "
            + text.Tensor(new WeightZeroPointTensor(item.Weights));
        var bias = text.Tensor(new CorrectedBiasTensor(item.Weights));
        var output = $"{Format(form.Output ?? new QuantizedFormat(1, 0))}, {(form.Output is null ? Float32 : UInt8)}";
        var result = form.Addend is null
            ? $"ops.onednn.qlinear_pointwise({operands}, {bias}, {output}, {Ending(item.Activation)})"
            : $"ops.onednn.qlinear_pointwise({operands}, "
                + $"{Accumulator(text, item, layout.ToMatrix(item.Inputs[1].ToString()), "")}, {bias}, "
                + $"{output}, {Format(form.Addend)}, \"sum\", 1.0, "
                + $"\"{(item.Activation is null ? "none" : "relu")}\", annotate(List[Optional[number]], []), \"\")";
        return layout.FromMatrix(result);
    }

    // The sum is written over the addend, which must lie in memory as the result does: mostly it does already.
    private static string Accumulator(ProgramText text, WeightedOperator item, string addend, string layout) =>
        item.IsAddendFree
            ? text.Local($"torch.contiguous({addend}{layout})")
            : text.Local($"torch.clone({addend}{(layout.Length > 0 ? layout : ", memory_format=0")})");

    private static string Format(QuantizedFormat format) =>
        $"{Literal.Format(format.Scale)}, {Literal.Format((long)format.ZeroPoint)}";

    private static string Ending(ActivationFunction? activation) =>
        activation is null
            ? "\"none\", annotate(List[Optional[number]], []), \"none\""
            : $"\"{FusedName(activation)}\", annotate(List[Optional[number]], "
                + $"{Literal.Format(Activations.Numbers(activation))}), "
                + $"{Literal.Format(Activations.Formula(activation) ?? "none")}";

    private static string? FusedName(ActivationFunction activation) =>
        activation.Kind
            is ActivationKind.Relu
                or ActivationKind.Relu6
                or ActivationKind.Hardtanh
                or ActivationKind.Hardswish
                or ActivationKind.Silu
                or ActivationKind.Gelu
                or ActivationKind.GeluTanh
            ? Activations.FusedName(activation)
            : null;
}
