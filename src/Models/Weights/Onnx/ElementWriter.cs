using System.Buffers;
using System.Buffers.Binary;

namespace ModelService.Models.Weights.Onnx;

/// <summary>Writes elements one after the other, in the form that they have in memory.</summary>
/// <param name="target">Receives them.</param>
/// <param name="offset">Offset of the first one.</param>
/// <param name="dtype">Their type.</param>
/// <param name="tensor">The tensor's name in quotes, for errors.</param>
internal sealed class ElementWriter(MappedBytes target, long offset, WeightsDtype dtype, string tensor) : IDisposable
{
    private const int BufferBytes = 64 << 10;
    private readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int filled;

    /// <summary>Writes the elements of a field: packed ones, or a single one.</summary>
    /// <param name="file">The file.</param>
    /// <param name="field">A message that has just read the field.</param>
    public void Write(MappedBytes file, ProtobufMessage field)
    {
        if (field.Type == WireType.Varint)
        {
            Number(unchecked((long)field.Number));
            return;
        }

        if (OnnxTypes.IsPlain(dtype))
        {
            for (var done = 0L; done < field.Length; done += dtype.Size())
                file.Span(field.Start + done, dtype.Size()).CopyTo(Element());
            return;
        }

        for (var packed = new PackedVarints(file, field.Start, field.Length); packed.Next(); )
            Number(packed.Value);
    }

    /// <summary>Writes what is left.</summary>
    public void Dispose()
    {
        Flush();
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Number(long value)
    {
        var fits = dtype switch
        {
            WeightsDtype.Int64 => true,
            WeightsDtype.Int32 => value is >= int.MinValue and <= int.MaxValue,
            WeightsDtype.Int16 => value is >= short.MinValue and <= short.MaxValue,
            WeightsDtype.Int8 => value is >= sbyte.MinValue and <= sbyte.MaxValue,
            WeightsDtype.Float16 or WeightsDtype.BFloat16 => value is >= 0 and <= ushort.MaxValue,
            _ => value is >= 0 and <= byte.MaxValue,
        };
        if (!fits)
            throw Unreadable.Because($"The tensor {tensor} ({dtype.Text()}) has the number {value}.");
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        bytes[..dtype.Size()].CopyTo(Element());
    }

    private Span<byte> Element()
    {
        if (filled + dtype.Size() > BufferBytes)
            Flush();
        filled += dtype.Size();
        return buffer.AsSpan(filled - dtype.Size(), dtype.Size());
    }

    private void Flush()
    {
        target.Write(offset, buffer.AsSpan(0, filled));
        offset += filled;
        filled = 0;
    }
}
