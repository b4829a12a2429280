namespace ModelService.Models.Weights;

/// <summary>A forward-only, read-only stream over a part of mapped bytes.</summary>
/// <param name="bytes">The bytes; borrowed.</param>
/// <param name="offset">Offset of the part's first byte.</param>
/// <param name="length">Number of bytes in the part.</param>
internal sealed class PartStream(MappedBytes bytes, long offset, long length) : Stream
{
    private long position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var part = buffer[..(int)Math.Min(buffer.Length, length - position)];
        bytes.Read(offset + position, part);
        position += part.Length;
        return part.Length;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
