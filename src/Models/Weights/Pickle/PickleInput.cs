using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using ModelService.Models.Errors;

namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// Reads the bytes of a pickle, from the first to the last. Every error names the byte of the opcode that caused it.
/// </summary>
internal ref struct PickleInput(ReadOnlySpan<byte> bytes, PickleSource source, int maxSteps)
{
    /// <summary>
    /// Most bytes of an integer. The longest ones in practice are the states of random number generators.
    /// </summary>
    private const int MaxIntegerBytes = 255;

    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int opcodeAt;
    private int steps;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes not yet read.</summary>
    public readonly int Remaining => bytes.Length - Position;

    /// <summary>Reads the next opcode. Later errors name its position.</summary>
    public PickleOpcode Opcode()
    {
        opcodeAt = Position;
        var opcode = (PickleOpcode)Byte();
        Charge(1);
        return opcode;
    }

    /// <summary>
    /// Counts steps against the limit. Reading bytes is not enough: values from the memo can be used again without any.
    /// </summary>
    public void Charge(int count)
    {
        if (count > maxSteps - steps)
            throw Fault($"the pickle needs more than {maxSteps} steps");
        steps += count;
    }

    public byte Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>Reads a little-endian integer of <paramref name="length"/> bytes.</summary>
    /// <returns>A long if the number fits, otherwise a <see cref="BigInteger"/>.</returns>
    public object Integer(long length)
    {
        if (length is < 0 or > MaxIntegerBytes)
            throw Fault($"an integer of {length} bytes; at most {MaxIntegerBytes} are allowed");
        var value = new BigInteger(Take((int)length));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    /// <summary>Reads UTF-8 text of <paramref name="length"/> bytes.</summary>
    public string Text(ulong length, int max)
    {
        var text = Bytes(length, max);
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>Reads <paramref name="length"/> bytes without a copy.</summary>
    public ReadOnlySpan<byte> Bytes(ulong length, int max)
    {
        if (length > (ulong)Remaining)
            throw Fault($"a string claims to have {length} bytes, but only {Remaining} are left");
        if (length > (ulong)max)
            throw Fault($"a string of {length} bytes; at most {max} are allowed");
        return Take((int)length);
    }

    /// <summary>Reads UTF-8 text up to the end of the line; the result is without the line break.</summary>
    public string Line(int max)
    {
        var rest = bytes[Position..];
        var length = rest[..Math.Min(rest.Length, max)].IndexOf((byte)'\n');
        if (length < 0)
            throw Fault("a name without a line break at its end");
        Position += length + 1;
        return Encoding.UTF8.GetString(rest[..length]);
    }

    /// <summary>The error <c>weights_unreadable</c> about the current opcode.</summary>
    public readonly ServingException Fault(string problem) =>
        Unreadable.Because(
            string.Create(
                CultureInfo.InvariantCulture,
                $"At byte {source.Origin + opcodeAt} of {source.Name}: {problem}."
            )
        );

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > Remaining)
        {
            throw Fault(
                source.IsCut ? "the pickle is longer than the limit" : "the pickle ends in the middle, without STOP"
            );
        }

        var taken = bytes.Slice(Position, length);
        Position += length;
        return taken;
    }
}
