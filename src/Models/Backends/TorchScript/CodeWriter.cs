using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>Writes a plan as TorchScript. Of a client's text it contains only numbers, and keys in comments.</summary>
internal sealed class CodeWriter
{
    // The code of c10::ScalarType for quantized 8-bit integers.
    private const long QUInt8 = 13;

    private readonly ProgramText text = new();
    private readonly WeightedWriter weighted;

    private CodeWriter(Plan plan, Precision precision) =>
        weighted = new WeightedWriter(text, precision, plan.IsChannelsLast);

    /// <summary>Writes a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="precision">
    /// The number format that it computes in. Input and output are float32 all the same.
    /// </param>
    public static PlanProgram Write(Plan plan, Precision precision)
    {
        var writer = new CodeWriter(plan, precision);
        var (text, input, output) = (writer.text, plan.Input, plan.Output);
        if (precision != Precision.Float32)
            text.Line($"{input} = {WeightedWriter.Converted($"{input}", precision)}");
        if (plan.IsChannelsLast)
            text.Line($"{input} = torch.contiguous({input}, memory_format=2)");
        if (plan.OperatorsInPairs > 0)
            writer.WriteInPairs(input, [.. plan.Operators.Take(plan.OperatorsInPairs)]);
        writer.Write(plan.Operators.Skip(plan.OperatorsInPairs));
        text.Line(
            precision == Precision.Float32
                ? $"return {output}"
                : $"return {WeightedWriter.Converted($"{output}", Precision.Float32)}"
        );
        return text.Program(input);
    }

    private void Write(IEnumerable<Operator> operators)
    {
        foreach (var item in operators)
        {
            if (item.Key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.'))
                text.Line($"# {item.Key}");
            text.Line($"{item.Output} = {Write(item)}");
        }
    }

    private void WriteInPairs(Value input, IReadOnlyList<Operator> operators)
    {
        var output = operators[^1].Output;
        text.Line($"pairs = torch.split({input}, 2)");
        text.Line("done = annotate(List[Tensor], [])");
        text.Line("for i in range(torch.len(pairs)):");
        text.Indented(() =>
        {
            text.Line($"{input} = pairs[i]");
            Write(operators);
            text.Line($"_ = torch.append(done, {output})");
        });
        text.Line($"{output} = done[0] if torch.len(done) == 1 else torch.cat(done)");
    }

    // The expression that computes an operator; lines before it are added to the text.
    private string Write(Operator item) =>
        item switch
        {
            WeightedOperator operation => weighted.Write(operation),
            BatchNormOperator { Norm: var norm } => Call(
                "batch_norm",
                item.Input,
                Parameter(norm.Affine ? $"{norm.Key}.weight" : null),
                Parameter(norm.Affine ? $"{norm.Key}.bias" : null),
                Parameter($"{norm.Key}.running_mean"),
                Parameter($"{norm.Key}.running_var"),
                false,
                0.0,
                norm.Eps,
                true
            ),
            GroupNormOperator norm => Call(
                "group_norm",
                item.Input,
                norm.Groups,
                NormParameter(norm.Weight),
                NormParameter(norm.Bias),
                norm.Eps
            ),
            LayerNormOperator norm => Call(
                "layer_norm",
                item.Input,
                norm.Sizes,
                NormParameter(norm.Weight),
                NormParameter(norm.Bias),
                norm.Eps
            ),
            LocalResponseNormOperator norm => Write(norm),
            ActivationOperator activation => Activations.Call(
                activation.Function,
                $"{activation.Input}",
                activation.IsInPlace
            ),
            AddOperator { Inputs: [var left, var right] } add => Call(add.IsInPlace ? "add_" : "add", left, right),
            MultiplyOperator { Inputs: [var left, var right] } product => Call(
                product.IsInPlace ? "mul_" : "mul",
                left,
                right
            ),
            MaxPoolOperator { IsOfIntegers: true, Geometry: var pool } => WriteOfIntegers(item.Input, pool),
            MaxPoolOperator { Geometry: var pool } => Call(
                $"max_pool{pool.Rank}d",
                item.Input,
                pool.Kernel,
                pool.Stride,
                pool.Padding,
                pool.Dilation,
                pool.CeilMode
            ),
            AvgPoolOperator { Geometry: var pool } mean => Call(
                $"avg_pool{pool.Rank}d",
                [
                    item.Input,
                    pool.Kernel,
                    pool.Stride,
                    pool.Padding,
                    pool.CeilMode,
                    mean.CountIncludePad,
                    .. pool.Rank > 1 ? [mean.DivisorOverride] : (object?[])[],
                ]
            ),
            // Its second result says where each maximum was.
            AdaptivePoolOperator { IsMax: true } pool =>
                $"({Call($"adaptive_max_pool{pool.OutputSize.Length}d", item.Input, pool.OutputSize)})[0]",
            AdaptivePoolOperator pool => Call(
                $"adaptive_avg_pool{pool.OutputSize.Length}d",
                item.Input,
                pool.OutputSize
            ),
            UpsampleOperator upsample => Write(upsample),
            ReshapeOperator { Shape: var shape } => Call("reshape", item.Input, shape.Sizes.Prepend(-1)),
            PermuteOperator permute => Call("permute", item.Input, permute.Dimensions),
            SliceOperator slice => Call(
                "slice",
                item.Input,
                (long)slice.Dimension,
                slice.Start,
                slice.Start + slice.Length
            ),
            ParameterOperator parameter => Write(parameter),
            AttentionOperator attention => Write(attention),
            RollOperator roll => Call("roll", item.Input, roll.Distances, roll.Dimensions),
            ConcatOperator => Call("cat", item.Inputs, 1L),
            PadOperator { Mode: PaddingMode.Zeros } pad => Call("constant_pad_nd", item.Input, pad.FromLast, 0.0),
            PadOperator pad => Call("pad", item.Input, pad.FromLast, WireNames.Get(pad.Mode)),
            PreluOperator prelu => $"torch.prelu({item.Input}, {text.Tensor(new ConvertedTensor(prelu.Weight))})",
            SoftmaxOperator softmax => Call(
                softmax.IsLogarithm ? "log_softmax" : "softmax",
                item.Input,
                softmax.Dimension
            ),
            QuantizeOperator { Format: var format } => "torch.int_repr("
                + Call("quantize_per_tensor", item.Input, format.Scale, (long)format.ZeroPoint, QUInt8)
                + ")",
            DequantizeOperator { Format: var format } => Write(item.Input, format),
            _ => throw new InvalidOperationException($"{item.GetType().Name} can't be written."),
        };

    // libtorch's pool of plain integers compares the number of pixels with 255 and refuses; that of its quantized
    // tensors doesn't. Such a tensor is made of contiguous elements: channels last, so that nothing is moved.
    private string WriteOfIntegers(Value input, PoolGeometry pool)
    {
        var last = text.Local(Call("permute", input, new long[] { 0, 2, 3, 1 }));
        var quantized = text.Local($"torch._make_per_tensor_quantized_tensor({last}, 1.0, 0)");
        var first = text.Local($"torch.permute({quantized}, [0, 3, 1, 2])");
        var pooled = text.Local(
            Call("max_pool2d", new Code(first), pool.Kernel, pool.Stride, pool.Padding, pool.Dilation, pool.CeilMode)
        );
        return $"torch.int_repr({pooled})";
    }

    private string Write(Value integers, QuantizedFormat format)
    {
        var shifted = text.Local(WeightedWriter.Converted($"{integers}", Precision.Float32));
        if (format.ZeroPoint != 0)
            shifted = text.Local($"torch.sub_({shifted}, {format.ZeroPoint})");
        return $"torch.mul_({shifted}, {Literal.Format(format.Scale)})";
    }

    private static string Write(UpsampleOperator item) =>
        Call(
            $"upsample_{WireNames.Get(item.Mode)}{item.Size.Length}d",
            [
                item.Input,
                item.Size,
                .. item.Mode == UpsampleMode.Nearest ? (object?[])[] : [item.AlignCorners],
                .. Enumerable.Repeat<object?>(item.Scale, item.Size.Length),
            ]
        );

    private string Write(ParameterOperator item)
    {
        var parameter = text.Tensor(new ConvertedTensor(item.Name));
        return item.Use switch
        {
            ParameterUse.Multiply => $"torch.mul({item.Input}, {parameter})",
            ParameterUse.Add => $"torch.add({item.Input}, {parameter})",
            _ => $"torch.cat([torch.expand({parameter}, [torch.size({item.Input}, 0), -1, -1]), {item.Input}], 1)",
        };
    }

    // Query, key and value as [batch and groups, heads, length, channels of a head], which are views.
    private string Write(AttentionOperator item)
    {
        var sizes = item.Input.Shape.Sizes;
        var (length, channels) = (sizes[^2], sizes[^1] / 3);
        var split = Call("reshape", item.Input, new[] { -1, length, 3, item.Heads, channels / item.Heads });
        var parts = text.Local($"torch.permute({split}, [2, 0, 3, 1, 4])");
        var (query, key, value) = (Part(0), Part(1), Part(2));
        if (item.LogitScale is { } logitScale)
        {
            query = text.Local($"torch.mul({OfLengthOne(query)}, {text.Tensor(new LogitScaleTensor(logitScale))})");
            key = text.Local(OfLengthOne(key));
        }

        var mask = item.Bias is { } bias ? text.Tensor(new PositionBiasTensor(bias)) : "None";
        if (item.Bias?.Shift is not null)
            mask = text.Local($"torch.repeat({mask}, [torch.size({item.Input}, 0), 1, 1, 1])");
        var attended = text.Local(
            $"torch.scaled_dot_product_attention({query}, {key}, {value}, {mask}, 0.0, False, "
                + $"scale={Literal.Format(item.Scale)})"
        );
        return $"torch.reshape(torch.transpose({attended}, 1, 2), "
            + $"{Literal.Format(item.Output.Shape.Sizes.Prepend(-1))})";

        string Part(int number) => text.Local($"torch.select({parts}, 0, {number})");

        static string OfLengthOne(string value) =>
            $"torch.div({value}, torch.clamp_min(torch.linalg_vector_norm({value}, 2, [-1], True), 1e-12))";
    }

    // Squares, with the channels as the rows of one picture; their means over a column of neighbours; then the formula.
    private string Write(LocalResponseNormOperator norm)
    {
        var x = norm.Input;
        var squares = text.Local(Call("flatten", new Code(text.Local(Call("mul", x, x))), 2L, -1L));
        var rows = text.Local(Call("unsqueeze", new Code(squares), 1L));
        var padded = text.Local(
            Call("constant_pad_nd", new Code(rows), new[] { 0L, 0, norm.Size / 2, (norm.Size - 1) / 2 }, 0.0)
        );
        var means = text.Local(
            Call(
                "avg_pool2d",
                new Code(padded),
                new[] { norm.Size, 1L },
                new[] { 1L, 1 },
                new[] { 0L, 0 },
                false,
                true,
                null
            )
        );
        var scaled = text.Local(
            Call("reshape", new Code(text.Local(Call("mul", new Code(means), norm.Alpha))), x.Shape.Sizes.Prepend(-1))
        );
        var power = text.Local(Call("pow", new Code(text.Local(Call("add", new Code(scaled), norm.K))), norm.Beta));
        return Call("div", x, new Code(power));
    }

    private static string Call(string function, params IReadOnlyList<object?> arguments) =>
        $"torch.{function}({string.Join(", ", arguments.Select(Literal.Format))})";

    private Code? NormParameter(string? name) => name is null ? null : new Code(text.Tensor(new NormTensor(name)));

    private Code? Parameter(string? name) => name is null ? null : new Code(text.Tensor(new ParameterTensor(name)));
}
