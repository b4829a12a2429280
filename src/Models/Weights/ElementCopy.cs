using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelService.Models.Weights;

/// <summary>Copies elements out of a storage, converted and in row-major order.</summary>
internal static class ElementCopy
{
    private const int AtOnce = 1 << 24;

    /// <returns>-1, or the index of the first element that float32 can't hold.</returns>
    public static int ToSingle(
        WeightsDtype dtype,
        MappedBytes bytes,
        long offset,
        TensorGeometry geometry,
        Span<float> destination
    ) =>
        dtype switch
        {
            WeightsDtype.Float32 => Copy<float, float, Same<float>>(bytes, offset, geometry, destination),
            WeightsDtype.Float64 => Copy<double, float, DoubleToSingle>(bytes, offset, geometry, destination),
            WeightsDtype.Float16 => Copy<Half, float, HalfToSingle>(bytes, offset, geometry, destination),
            WeightsDtype.BFloat16 => Copy<ushort, float, BFloat16ToSingle>(bytes, offset, geometry, destination),
            WeightsDtype.Int64 => Copy<long, float, IntegerToSingle<long>>(bytes, offset, geometry, destination),
            WeightsDtype.Int32 => Copy<int, float, IntegerToSingle<int>>(bytes, offset, geometry, destination),
            WeightsDtype.Int16 => Copy<short, float, IntegerToSingle<short>>(bytes, offset, geometry, destination),
            WeightsDtype.Int8 => Copy<sbyte, float, IntegerToSingle<sbyte>>(bytes, offset, geometry, destination),
            WeightsDtype.UInt8 => Copy<byte, float, IntegerToSingle<byte>>(bytes, offset, geometry, destination),
            _ => Copy<byte, float, BoolToSingle>(bytes, offset, geometry, destination),
        };

    /// <returns>-1, or the index of the first element that is no whole number of 64 bits.</returns>
    public static int ToInt64(
        WeightsDtype dtype,
        MappedBytes bytes,
        long offset,
        TensorGeometry geometry,
        Span<long> destination
    ) =>
        dtype switch
        {
            WeightsDtype.Float32 => Copy<float, long, FloatToInt64<float>>(bytes, offset, geometry, destination),
            WeightsDtype.Float64 => Copy<double, long, FloatToInt64<double>>(bytes, offset, geometry, destination),
            WeightsDtype.Float16 => Copy<Half, long, FloatToInt64<Half>>(bytes, offset, geometry, destination),
            WeightsDtype.BFloat16 => Copy<ushort, long, BFloat16ToInt64>(bytes, offset, geometry, destination),
            WeightsDtype.Int64 => Copy<long, long, Same<long>>(bytes, offset, geometry, destination),
            WeightsDtype.Int32 => Copy<int, long, IntegerToInt64<int>>(bytes, offset, geometry, destination),
            WeightsDtype.Int16 => Copy<short, long, IntegerToInt64<short>>(bytes, offset, geometry, destination),
            WeightsDtype.Int8 => Copy<sbyte, long, IntegerToInt64<sbyte>>(bytes, offset, geometry, destination),
            WeightsDtype.UInt8 => Copy<byte, long, IntegerToInt64<byte>>(bytes, offset, geometry, destination),
            _ => Copy<byte, long, BoolToInt64>(bytes, offset, geometry, destination),
        };

    private static int Copy<TFrom, TTo, TConversion>(
        MappedBytes bytes,
        long offset,
        TensorGeometry geometry,
        Span<TTo> destination
    )
        where TFrom : unmanaged
        where TTo : unmanaged
        where TConversion : IElementConversion<TFrom, TTo>
    {
        if (destination.IsEmpty)
            return -1;
        if (typeof(TFrom) == typeof(TTo) && geometry.IsContiguous)
            return Read(bytes, offset, destination);
        var source = bytes.Elements<TFrom>(offset, (int)geometry.Extent);
        return geometry.IsContiguous
            ? Row<TFrom, TTo, TConversion>(source, destination)
            : Rows<TFrom, TTo, TConversion>(source, geometry, destination);
    }

    /// <summary>In parts, because a span of bytes ends at 2 GiB.</summary>
    private static int Read<T>(MappedBytes bytes, long offset, Span<T> destination)
        where T : unmanaged
    {
        for (; !destination.IsEmpty; destination = destination[Math.Min(AtOnce, destination.Length)..])
        {
            var part = MemoryMarshal.AsBytes(destination[..Math.Min(AtOnce, destination.Length)]);
            bytes.Read(offset, part);
            offset += part.Length;
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Row<TFrom, TTo, TConversion>(ReadOnlySpan<TFrom> source, Span<TTo> destination)
        where TFrom : unmanaged
        where TTo : unmanaged
        where TConversion : IElementConversion<TFrom, TTo>
    {
        for (var i = 0; i < destination.Length && i < source.Length; i++)
        {
            if (!TConversion.TryConvert(source[i], out destination[i]))
                return i;
        }

        return -1;
    }

    /// <summary>Counts through all dimensions but the last like an odometer, and copies the last one as a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Rows<TFrom, TTo, TConversion>(
        ReadOnlySpan<TFrom> source,
        TensorGeometry geometry,
        Span<TTo> destination
    )
        where TFrom : unmanaged
        where TTo : unmanaged
        where TConversion : IElementConversion<TFrom, TTo>
    {
        var (shape, strides) = (geometry.Shape, geometry.Strides);
        var last = shape.Length - 1;
        var index = new long[shape.Length];
        var row = 0L;
        for (var written = 0; written < destination.Length; )
        {
            for (var i = 0L; i < shape[last]; i++, written++)
            {
                if (!TConversion.TryConvert(source[(int)(row + i * strides[last])], out destination[written]))
                    return written;
            }

            for (var dimension = last - 1; dimension >= 0; dimension--)
            {
                row += strides[dimension];
                if (++index[dimension] < shape[dimension])
                    break;
                row -= index[dimension] * strides[dimension];
                index[dimension] = 0;
            }
        }

        return -1;
    }
}
