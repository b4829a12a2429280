using System.Text;

namespace ModelService.Models.Weights;

/// <summary>
/// Reads the format of TorchSharp's <c>Module.save</c>: the number of tensors, then each tensor's name, element type,
/// rank, sizes and bytes. Numbers are LEB128; elements are in row-major order.
/// </summary>
internal static class TorchSharpReader
{
    public static WeightsContent Read(MappedBytes file, WeightsLimits limits)
    {
        var offset = 0L;
        var count = Number(file, ref offset, "the number of tensors");
        TensorList.CheckCount(count, limits);
        var tensors = new TensorList(limits);
        for (var i = 0; i < count; i++)
            tensors.Add(Tensor(file, ref offset, limits));
        if (offset != file.Length)
        {
            throw Unreadable.Because(
                $"At byte {offset}: {file.Length - offset} extra bytes follow the last of {count} tensors."
            );
        }

        return new WeightsContent(tensors.Tensors);
    }

    /// <summary>The element type with a number of torch's ScalarType; null if the type is not supported.</summary>
    public static WeightsDtype? Dtype(long number) =>
        number switch
        {
            0 => WeightsDtype.UInt8,
            1 => WeightsDtype.Int8,
            2 => WeightsDtype.Int16,
            3 => WeightsDtype.Int32,
            4 => WeightsDtype.Int64,
            5 => WeightsDtype.Float16,
            6 => WeightsDtype.Float32,
            7 => WeightsDtype.Float64,
            11 => WeightsDtype.Bool,
            15 => WeightsDtype.BFloat16,
            _ => null,
        };

    private static StoredTensor Tensor(MappedBytes file, ref long offset, WeightsLimits limits)
    {
        var start = offset;
        var nameLength = Number(file, ref offset, "the length of a tensor's name");
        var maxBytes = Math.Min(limits.MaxNameBytes, file.Length - offset);
        if (nameLength > maxBytes)
        {
            throw Unreadable.Because(
                maxBytes < limits.MaxNameBytes
                    ? $"At byte {start}: a tensor's name has {nameLength} bytes, but the file has only {maxBytes} left."
                    : $"At byte {start}: a tensor's name has {nameLength} bytes; at most {maxBytes} are allowed."
            );
        }

        var name = Encoding.UTF8.GetString(file.Span(offset, (int)nameLength));
        offset += nameLength;

        var number = Number(file, ref offset, $"the element type of {Unreadable.Quote(name)}");
        var dtype =
            Dtype(number)
            ?? throw Unreadable.Because(
                $"The tensor {Unreadable.Quote(name)} is of element type {number}; "
                    + $"supported are {WeightsDtypes.Known}."
            );
        var rank = Number(file, ref offset, $"the number of dimensions of {Unreadable.Quote(name)}");
        if (rank > TensorGeometry.MaxRank)
        {
            throw Unreadable.Because(
                $"The tensor {Unreadable.Quote(name)} has {rank} dimensions; "
                    + $"at most {TensorGeometry.MaxRank} are allowed."
            );
        }

        var shape = new long[rank];
        foreach (ref var size in shape.AsSpan())
            size = Number(file, ref offset, $"a size of {Unreadable.Quote(name)}");

        var geometry = TensorGeometry.Contiguous(shape);
        if (geometry is null || geometry.ElementCount > (file.Length - offset) / dtype.Size())
        {
            throw Unreadable.Because(
                $"The tensor {Unreadable.Quote(name)} ({dtype.Text()}, {Unreadable.Sizes(shape)}) needs more than the "
                    + $"{file.Length - offset} bytes that the file has from byte {offset} on."
            );
        }

        var tensor = new StoredTensor(name, dtype, geometry, file, offset);
        offset += geometry.ElementCount * dtype.Size();
        return tensor;
    }

    private static long Number(MappedBytes file, ref long offset, string meaning)
    {
        var reader = new Leb128Reader(file.Span(offset, (int)Math.Min(10, file.Length - offset)));
        if (!reader.TryRead(out var value))
            throw Unreadable.Because($"At byte {offset}: {meaning} is cut off or doesn't fit 64 bits.");
        offset += reader.Position;
        return value <= long.MaxValue ? (long)value : long.MaxValue;
    }
}
