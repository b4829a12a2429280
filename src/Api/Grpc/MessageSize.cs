using System.Buffers;
using Google.Protobuf.Reflection;

namespace ModelService.Api.Grpc;

/// <summary>
/// Checks what a message would take in memory, before it is read: two bytes of it can be an object of a hundred.
/// </summary>
internal ref struct MessageSize
{
    /// <summary>The largest number of objects: messages, texts and byte strings.</summary>
    public const int MaxObjects = 4096;

    /// <summary>The largest number of bytes of integers, each of which takes up to eight bytes in memory.</summary>
    public const int MaxIntegerBytes = 64 << 10;

    private const int Varint = 0,
        Fixed64 = 1,
        Delimited = 2,
        Fixed32 = 5,
        MostVarintBytes = 10;

    private SequenceReader<byte> reader;
    private int objects;
    private int integerBytes;

    /// <summary>Checks a message.</summary>
    /// <param name="message">Its bytes.</param>
    /// <param name="type">What it is.</param>
    /// <returns>
    /// Whether it is within the limits. A message that can't be read is not: it is damaged, or has groups, which the
    /// protocol has not.
    /// </returns>
    public static bool IsWithinLimits(in ReadOnlySequence<byte> message, MessageDescriptor type)
    {
        var size = new MessageSize { reader = new SequenceReader<byte>(message) };
        return size.Check(type, message.Length);
    }

    private bool Check(MessageDescriptor type, long end)
    {
        while (reader.Consumed < end)
        {
            if (!ReadVarint(out var tag))
                return false;
            var field = tag >> 3 <= int.MaxValue ? type.FindFieldByNumber((int)(tag >> 3)) : null;
            var start = reader.Consumed;
            var isRead = (int)(tag & 7) switch
            {
                Varint => ReadVarint(out _) && Count(field, reader.Consumed - start),
                Fixed64 => Skip(sizeof(ulong), end),
                Fixed32 => Skip(sizeof(uint), end),
                // The length itself may reach beyond the end of a message within the message.
                Delimited => ReadVarint(out var length)
                    && reader.Consumed <= end
                    && length <= (ulong)(end - reader.Consumed)
                    && Check(field, (long)length),
                _ => false,
            };
            if (!isRead || reader.Consumed > end)
                return false;
        }

        return true;
    }

    // A message, a text, a byte string, or the numbers of a list.
    private bool Check(FieldDescriptor? field, long length)
    {
        switch (field?.FieldType)
        {
            case FieldType.Message:
                return ++objects <= MaxObjects && Check(field.MessageType, reader.Consumed + length);
            case FieldType.String or FieldType.Bytes:
                reader.Advance(length);
                return ++objects <= MaxObjects;
            case FieldType.Float or FieldType.Double or FieldType.Bool or null:
                reader.Advance(length);
                return true;
            default:
                reader.Advance(length);
                return Count(field, length);
        }
    }

    private bool Count(FieldDescriptor? field, long bytes)
    {
        if (field is { IsRepeated: true })
            integerBytes += (int)Math.Min(bytes, MaxIntegerBytes + 1);
        return integerBytes <= MaxIntegerBytes;
    }

    private bool Skip(long bytes, long end)
    {
        if (end - reader.Consumed < bytes)
            return false;
        reader.Advance(bytes);
        return true;
    }

    private bool ReadVarint(out ulong value)
    {
        value = 0;
        for (var index = 0; index < MostVarintBytes; index++)
        {
            if (!reader.TryRead(out var next))
                return false;
            value |= (ulong)(next & 0x7F) << (7 * index);
            if (next < 0x80)
                return true;
        }

        return false;
    }
}
