using System.Text;

namespace ModelService.Models.Weights;

/// <summary>
/// Reads what TorchSharp's <c>Module.save</c> writes: the number of tensors, then for each its name, element type, rank and
/// sizes, all as LEB128, and its bytes in row-major order.
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
                $"{file.Length - offset} bytes stand after the last of {count} tensors, at byte {offset}."
            );
        }

        return new WeightsContent(tensors.Tensors);
    }

    /// <summary>An element type by its number among torch's ScalarType; null for one that isn't read.</summary>
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
        var mostBytes = Math.Min(limits.MaxNameBytes, file.Length - offset);
        if (nameLength > mostBytes)
        {
            throw Unreadable.Because(
                $"At byte {start}: a tensor's name of {nameLength} bytes; at most {mostBytes} fit{(mostBytes < limits.MaxNameBytes ? ", where the file ends" : "")}."
            );
        }

        var name = Encoding.UTF8.GetString(file.Span(offset, (int)nameLength));
        offset += nameLength;

        var number = Number(file, ref offset, $"the element type of {Unreadable.Quote(name)}");
        var dtype =
            Dtype(number)
            ?? throw Unreadable.Because(
                $"The tensor {Unreadable.Quote(name)} is of element type {number}; read are {WeightsDtypes.Known}."
            );
        var rank = Number(file, ref offset, $"the number of dimensions of {Unreadable.Quote(name)}");
        if (rank > TensorGeometry.MaxRank)
        {
            throw Unreadable.Because(
                $"The tensor {Unreadable.Quote(name)} has {rank} dimensions; at most {TensorGeometry.MaxRank} are taken."
            );
        }

        var shape = new long[rank];
        foreach (ref var size in shape.AsSpan())
            size = Number(file, ref offset, $"a size of {Unreadable.Quote(name)}");

        var geometry = TensorGeometry.Contiguous(shape);
        if (geometry is null || geometry.ElementCount > (file.Length - offset) / dtype.Size())
        {
            throw Unreadable.Because(
                $"The tensor {Unreadable.Quote(name)} ({dtype.Text()}, {Unreadable.Sizes(shape)}) has more bytes than the "
                    + $"{file.Length - offset} that the file has left at byte {offset}."
            );
        }

        var tensor = new StoredTensor(name, dtype, geometry, file, offset);
        offset += geometry.ElementCount * dtype.Size();
        return tensor;
    }

    private static long Number(MappedBytes file, ref long offset, string what)
    {
        var reader = new Leb128Reader(file.Span(offset, (int)Math.Min(10, file.Length - offset)));
        if (!reader.TryRead(out var value))
            throw Unreadable.Because($"At byte {offset}: {what} is cut off or no number of 64 bits.");
        offset += reader.Position;
        return value <= long.MaxValue ? (long)value : long.MaxValue;
    }
}
