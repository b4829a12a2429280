namespace ModelService.Models.Weights;

/// <summary>Reads unsigned LEB128: seven bits a byte, lowest first, the eighth says that more follow.</summary>
internal ref struct Leb128Reader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>Where the next number begins.</summary>
    public int Position { get; private set; }

    /// <summary>The last number had more than the ten bytes that 64 bits need.</summary>
    public bool IsEndless { get; private set; }

    /// <summary>The next number; false if the bytes end in it or it doesn't fit 64 bits.</summary>
    public bool TryRead(out ulong value)
    {
        value = 0;
        for (var length = 0; length < 10 && Position + length < bytes.Length; length++)
        {
            var next = bytes[Position + length];
            if (length == 9 && next > 1)
                break;
            value |= (ulong)(next & 0x7f) << (7 * length);
            if (next < 0x80)
            {
                Position += length + 1;
                return true;
            }
        }

        IsEndless = bytes.Length - Position >= 10;
        return false;
    }
}
