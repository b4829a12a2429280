using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using ModelService.Models.Errors;

namespace ModelService.Models.Weights.Pickle;

/// <summary>The bytes of a pickle, read forwards; every error names the byte where its opcode stands.</summary>
internal ref struct PickleInput(ReadOnlySpan<byte> bytes, PickleSource source, int maxSteps)
{
    /// <summary>The longest integers that are met in practice are the states of random number generators.</summary>
    private const int MaxIntegerBytes = 255;

    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int opcodeAt;
    private int steps;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes that are left.</summary>
    public readonly int Remaining => bytes.Length - Position;

    /// <summary>The next opcode; errors from here on are about it.</summary>
    public PickleOpcode Opcode()
    {
        opcodeAt = Position;
        var opcode = (PickleOpcode)Byte();
        Charge(1);
        return opcode;
    }

    /// <summary>Counts work against the limit: what the memo gives again costs no bytes.</summary>
    public void Charge(int count)
    {
        if (count > maxSteps - steps)
            throw Fault($"the pickle takes more than {maxSteps} steps");
        steps += count;
    }

    public byte Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>A little-endian integer of that many bytes: a long where it fits, else a <see cref="BigInteger"/>.</summary>
    public object Integer(long length)
    {
        if (length is < 0 or > MaxIntegerBytes)
            throw Fault($"an integer of {length} bytes; at most {MaxIntegerBytes} are taken");
        var value = new BigInteger(Take((int)length));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    /// <summary>Text of that many bytes.</summary>
    public string Text(ulong length, int most)
    {
        var text = Bytes(length, most);
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>That many bytes, none of them copied.</summary>
    public ReadOnlySpan<byte> Bytes(ulong length, int most)
    {
        if (length > (ulong)Remaining)
            throw Fault($"a string says it has {length} bytes, but {Remaining} are left");
        if (length > (ulong)most)
            throw Fault($"a string of {length} bytes; at most {most} are taken");
        return Take((int)length);
    }

    /// <summary>Text up to the end of its line, without it.</summary>
    public string Line(int most)
    {
        var rest = bytes[Position..];
        var length = rest[..Math.Min(rest.Length, most)].IndexOf((byte)'\n');
        if (length < 0)
            throw Fault("a name without an end");
        Position += length + 1;
        return Encoding.UTF8.GetString(rest[..length]);
    }

    /// <summary>The error about the current opcode.</summary>
    public readonly ServingException Fault(string what) =>
        Unreadable.Because(
            string.Create(CultureInfo.InvariantCulture, $"At byte {source.Origin + opcodeAt} of {source.Name}: {what}.")
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
