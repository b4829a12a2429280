namespace ModelService.Models.Graph;

/// <summary>How integers from 0 to 255 stand for real numbers: <c>Scale · (q - ZeroPoint)</c>.</summary>
/// <param name="Scale">The distance between neighbours; above 0.</param>
/// <param name="ZeroPoint">The integer that stands for 0; 0 to 255.</param>
public sealed record QuantizedFormat(double Scale, int ZeroPoint)
{
    /// <summary>The format that covers a range, widened to contain 0, which is exact.</summary>
    /// <param name="min">The least number.</param>
    /// <param name="max">The greatest number.</param>
    public static QuantizedFormat Covering(double min, double max)
    {
        (min, max) = (Math.Min(min, 0), Math.Max(max, 0));
        var scale = Math.Max(max - min, 1e-9) / 255;
        return new QuantizedFormat(scale, (int)Math.Clamp(Math.Round(-min / scale), 0, 255));
    }
}

/// <summary>The formats in which a convolution or linear layer reads and writes 8-bit integers.</summary>
/// <param name="Input">Of its input.</param>
/// <param name="Output">Of its result.</param>
public sealed record LayerQuantization(QuantizedFormat Input, QuantizedFormat Output)
{
    /// <summary>Of the value that is added to the result; null where none is.</summary>
    public QuantizedFormat? Addend { get; init; }
}

/// <summary>The layers of a network that compute with 8-bit integers; the others compute in float32.</summary>
/// <param name="Layers">Their formats, by the name of the layer's weight in the state dict.</param>
/// <param name="BiasCorrections">
/// What is added to a layer's bias, one number for each output channel: the mean error of its rounded weights. By the
/// same names; none for a layer that has no entry.
/// </param>
public sealed record Quantization(
    IReadOnlyDictionary<string, LayerQuantization> Layers,
    IReadOnlyDictionary<string, float[]> BiasCorrections
)
{
    /// <summary>What was measured when the formats were found; null where nothing was.</summary>
    public QuantizationReport? Report { get; init; }

    /// <summary>The formats of an operator; null where it computes in float32.</summary>
    internal LayerQuantization? Find(WeightedOperator item) =>
        item.Weights is NamedWeights { Name: var name } ? Layers.GetValueOrDefault(name) : null;
}

/// <summary>The formats in which an operator of a plan computes with 8-bit integers.</summary>
/// <param name="Input">Of its input.</param>
/// <param name="Addend">Of its second input; null where there is none.</param>
/// <param name="Output">Of its result; null: it gives float32.</param>
internal sealed record QuantizedForm(QuantizedFormat Input, QuantizedFormat? Addend, QuantizedFormat? Output);

/// <summary>Real numbers as 8-bit integers, those outside the format's range at its ends.</summary>
/// <param name="Format">The format of the result.</param>
internal sealed record QuantizeOperator(QuantizedFormat Format) : Operator
{
    /// <inheritdoc/>
    public override Tensors.Shape InferShape() => Input.Shape;
}

/// <summary>The real numbers that 8-bit integers stand for.</summary>
/// <param name="Format">The format of the input.</param>
internal sealed record DequantizeOperator(QuantizedFormat Format) : Operator
{
    /// <inheritdoc/>
    public override Tensors.Shape InferShape() => Input.Shape;
}
