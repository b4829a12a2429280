namespace ModelService.Models.Weights.Onnx;

/// <summary>
/// Reads one message of a protocol buffer, field by field. It knows no types and follows nothing by itself, so nested
/// messages cost nothing until they are asked for. No length in the file is trusted.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="start">Offset of the message's first byte.</param>
/// <param name="length">Number of its bytes; the caller has checked that the file has them.</param>
internal sealed class ProtobufMessage(MappedBytes file, long start, long length)
{
    private const int MaxVarint = 10;
    private readonly long end = start + length;
    private long position = start;

    /// <summary>Number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>How the value of the field is written.</summary>
    public WireType Type { get; private set; }

    /// <summary>The value of a field of type <see cref="WireType.Varint"/>.</summary>
    public ulong Number { get; private set; }

    /// <summary>Offset in the file of the value's first byte; of a varint, of its tag.</summary>
    public long Start { get; private set; }

    /// <summary>Number of the value's bytes, unless it is a varint.</summary>
    public long Length { get; private set; }

    /// <summary>Reads the next field.</summary>
    /// <returns>False at the end of the message.</returns>
    /// <exception cref="Errors.ServingException"><c>weights_unreadable</c>: the message is damaged.</exception>
    public bool Next()
    {
        if (position == end)
            return false;
        Start = position;
        var tag = Varint();
        Field = tag >> 3 is > 0 and <= int.MaxValue and var field ? (int)field : throw Damaged("a field has no number");
        Type = (WireType)(tag & 7);
        switch (Type)
        {
            case WireType.Varint:
                Number = Varint();
                return true;
            case WireType.Bytes:
                var size = Varint();
                Skip(size);
                return true;
            case WireType.Fixed64:
                Skip(sizeof(ulong));
                return true;
            case WireType.Fixed32:
                Skip(sizeof(uint));
                return true;
            default:
                throw Damaged($"a field is written in a way ({(int)Type}) that ONNX doesn't use");
        }
    }

    /// <summary>The field's value as a message.</summary>
    public ProtobufMessage Message() => new(file, Start, RequireBytes());

    /// <summary>The field's value as packed varints or as one varint.</summary>
    /// <param name="most">The greatest number of them.</param>
    /// <exception cref="Errors.ServingException"><c>weights_unreadable</c>: there are more.</exception>
    public IEnumerable<long> Numbers(int most)
    {
        if (Type == WireType.Varint)
        {
            yield return unchecked((long)Number);
            yield break;
        }

        var packed = new PackedVarints(file, Start, RequireBytes());
        for (var count = 0; packed.Next(); count++)
        {
            if (count == most)
                throw Damaged($"a list has more than {most} numbers");
            yield return packed.Value;
        }
    }

    /// <summary>The field's value as text.</summary>
    /// <param name="maxBytes">The greatest number of its bytes.</param>
    public string Text(int maxBytes)
    {
        if (RequireBytes() > maxBytes)
            throw Damaged($"a name has {Length} bytes; at most {maxBytes} are allowed");
        return System.Text.Encoding.UTF8.GetString(file.Span(Start, (int)Length));
    }

    /// <summary>The error for what is wrong at the field that was read last.</summary>
    public Errors.ServingException Damaged(string what) => Unreadable.Because($"At byte {Start}: {what}.");

    private long RequireBytes() => Type == WireType.Bytes ? Length : throw Damaged("a number stands for a message");

    private void Skip(ulong size)
    {
        if (size > (ulong)(end - position))
            throw Damaged($"a value has {size} bytes, but its message has only {end - position} left");
        (Start, Length) = (position, (long)size);
        position += (long)size;
    }

    private ulong Varint()
    {
        var reader = new Leb128Reader(file.Span(position, (int)Math.Min(MaxVarint, end - position)));
        if (!reader.TryRead(out var value))
            throw Damaged("a number is cut off or doesn't fit 64 bits");
        position += reader.Position;
        return value;
    }
}

/// <summary>How a value is written in a protocol buffer.</summary>
internal enum WireType
{
    /// <summary>A number of seven bits a byte.</summary>
    Varint = 0,

    /// <summary>Eight bytes.</summary>
    Fixed64 = 1,

    /// <summary>A length, and as many bytes: a text, a message or packed numbers.</summary>
    Bytes = 2,

    /// <summary>Four bytes.</summary>
    Fixed32 = 5,
}
