namespace ModelService.Models.Datasets.Uploads;

/// <summary>A part of a file, as a stream of its own that can be read and sought.</summary>
/// <param name="file">The file; borrowed.</param>
/// <param name="offset">Where the part begins.</param>
/// <param name="length">The number of its bytes.</param>
internal sealed class FilePart(FileStream file, long offset, long length) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var rest = Math.Max(length - Position, 0);
        var read = RandomAccess.Read(
            file.SafeFileHandle,
            buffer[..(int)Math.Min(rest, buffer.Length)],
            offset + Position
        );
        Position += read;
        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin)
    {
        var position =
            offset
            + origin switch
            {
                SeekOrigin.Current => Position,
                SeekOrigin.End => length,
                _ => 0,
            };
        return Position = position >= 0 ? position : throw new IOException("The position is before the beginning.");
    }

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
