namespace ModelService.Models.Weights;

/// <summary>A part of bytes, read forwards.</summary>
/// <param name="bytes">The bytes; borrowed.</param>
/// <param name="offset">Where the part begins.</param>
/// <param name="length">How long it is.</param>
internal sealed class PartStream(MappedBytes bytes, long offset, long length) : Stream
{
    private long done;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => done;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var part = buffer[..(int)Math.Min(buffer.Length, length - done)];
        bytes.Read(offset + done, part);
        done += part.Length;
        return part.Length;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
