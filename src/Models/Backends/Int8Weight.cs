using ModelService.Models.Tensors;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace ModelService.Models.Backends;

/// <summary>
/// The weight of a layer rounded to 8-bit integers, symmetrically and with a scale for each output channel:
/// <c>w ≈ Scale · q</c> with <c>q</c> from -127 to 127; from -63 to 63 on processors where the sum of two products
/// must fit into 16 bits.
/// </summary>
/// <param name="Values">The integers, as the weight has its elements.</param>
/// <param name="Scales">The scale of each output channel.</param>
/// <param name="Shape">The weight's shape.</param>
internal sealed record Int8Weight(sbyte[] Values, float[] Scales, long[] Shape)
{
    private static readonly int Largest = Precisions.ProcessorAddsInt8Exactly ? 127 : 63;

    /// <summary>Rounds a weight.</summary>
    /// <param name="weight"><c>[out, ...]</c> on the CPU; borrowed.</param>
    public static Int8Weight Round(Tensor weight)
    {
        using var scope = NewDisposeScope();
        var numbers = TensorMemory.Elements<float>(weight.to(ScalarType.Float32).contiguous());
        var (channels, perChannel) = ((int)weight.shape[0], numbers.Length / (int)weight.shape[0]);
        var (values, scales) = (new sbyte[numbers.Length], new float[channels]);
        for (var channel = 0; channel < channels; channel++)
        {
            var row = numbers.Slice(channel * perChannel, perChannel);
            var largest = Math.Abs(TensorPrimitives.MaxMagnitude<float>(row));
            scales[channel] = largest > 0 ? largest / Largest : 1;
            for (var i = 0; i < perChannel; i++)
                values[(channel * perChannel) + i] = (sbyte)MathF.Round(row[i] / scales[channel]);
        }

        return new Int8Weight(values, scales, weight.shape);
    }

    /// <summary>The integers as a tensor, int8; the current dispose scope owns it.</summary>
    public Tensor ToTensor() => tensor(Values, Shape);

    /// <summary>The numbers that the integers stand for, float32; the current dispose scope owns them.</summary>
    public Tensor Rounded()
    {
        var scales = tensor(Scales).reshape([-1, .. Enumerable.Repeat(1L, Shape.Length - 1)]);
        return ToTensor().to(ScalarType.Float32) * scales;
    }
}
