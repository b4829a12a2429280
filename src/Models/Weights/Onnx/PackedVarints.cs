namespace ModelService.Models.Weights.Onnx;

/// <summary>Reads numbers of seven bits a byte that follow each other.</summary>
/// <param name="file">The file.</param>
/// <param name="start">Offset of the first number.</param>
/// <param name="length">Number of bytes; the caller has checked that the file has them.</param>
internal sealed class PackedVarints(MappedBytes file, long start, long length)
{
    private const int MaxVarint = 10;
    private readonly long end = start + length;
    private long position = start;

    /// <summary>The number that was read last.</summary>
    public long Value { get; private set; }

    /// <summary>Reads the next number; false at the end.</summary>
    /// <exception cref="Errors.ServingException"><c>weights_unreadable</c>: a number is cut off.</exception>
    public bool Next()
    {
        if (position == end)
            return false;
        var reader = new Leb128Reader(file.Span(position, (int)Math.Min(MaxVarint, end - position)));
        if (!reader.TryRead(out var value))
            throw Unreadable.Because($"At byte {position}: a number is cut off or doesn't fit 64 bits.");
        position += reader.Position;
        Value = unchecked((long)value);
        return true;
    }
}
