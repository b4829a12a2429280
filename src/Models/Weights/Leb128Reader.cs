namespace ModelService.Models.Weights;

/// <summary>
/// Reads unsigned LEB128 numbers: seven bits a byte, the lowest first. The eighth bit is set if another byte follows.
/// </summary>
internal ref struct Leb128Reader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>Index of the byte at which the next number begins.</summary>
    public int Position { get; private set; }

    /// <summary>Whether the last number had more than ten bytes, which is more than 64 bits need.</summary>
    public bool IsEndless { get; private set; }

    /// <summary>Reads the next number.</summary>
    /// <returns>False if the bytes end within the number, or the number doesn't fit 64 bits.</returns>
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
