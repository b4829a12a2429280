using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelService.Models.Weights;

/// <summary>Copies the elements of a tensor out of its storage: converted, and in row-major order.</summary>
internal static class ElementCopy
{
    private const int ChunkElements = 1 << 24;

    /// <summary>Copies the elements as float32.</summary>
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

    /// <summary>Copies the elements as int64.</summary>
    /// <returns>-1, or the index of the first element that is not a whole number of 64 bits.</returns>
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
            return CopyBytes(bytes, offset, destination);
        var source = bytes.Elements<TFrom>(offset, (int)geometry.Extent);
        return geometry.IsContiguous
            ? ConvertContiguous<TFrom, TTo, TConversion>(source, destination)
            : ConvertStrided<TFrom, TTo, TConversion>(source, geometry, destination);
    }

    /// <summary>
    /// Copies contiguous elements unconverted. It works in chunks, because a span has less than 2 GiB of bytes.
    /// </summary>
    private static int CopyBytes<T>(MappedBytes bytes, long offset, Span<T> destination)
        where T : unmanaged
    {
        while (!destination.IsEmpty)
        {
            var count = Math.Min(ChunkElements, destination.Length);
            var chunk = MemoryMarshal.AsBytes(destination[..count]);
            bytes.Read(offset, chunk);
            offset += chunk.Length;
            destination = destination[count..];
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int ConvertContiguous<TFrom, TTo, TConversion>(ReadOnlySpan<TFrom> source, Span<TTo> destination)
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

    /// <summary>
    /// Converts the elements row by row. A row runs along the last dimension; the indices of the other dimensions
    /// advance like an odometer.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int ConvertStrided<TFrom, TTo, TConversion>(
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
