using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace ModelService.Api.Logging;

/// <summary>
/// Counts the bytes of a request's body and of its answer's body, for the log. It stands between the application and
/// the server's own body of the answer, and passes everything on.
/// </summary>
internal sealed class BodySizes : IHttpResponseBodyFeature
{
    private readonly HttpContext http;
    private readonly IHttpResponseBodyFeature answer;
    private readonly CountingWriter writer;
    private Stream? stream;
    private long read;
    private long written;

    private BodySizes(HttpContext http, IHttpResponseBodyFeature answer)
    {
        (this.http, this.answer) = (http, answer);
        writer = new CountingWriter(this, answer.Writer);
        if (http.Request.ContentLength is null && CanHaveBody(http))
            http.Request.Body = new CountingStream(this, http.Request.Body);
    }

    /// <summary>
    /// Bytes of the request's body: its Content-Length. Without one, as many as the server has read.
    /// </summary>
    public long RequestBytes => http.Request.ContentLength ?? read;

    /// <summary>Bytes of the answer's body so far. The answer to HEAD has none.</summary>
    public long ResponseBytes => HttpMethods.IsHead(http.Request.Method) ? 0 : written;

    /// <inheritdoc/>
    public Stream Stream => stream ??= writer.AsStream(leaveOpen: true);

    /// <inheritdoc/>
    public PipeWriter Writer => writer;

    /// <summary>Starts to count. The counts are a feature of the request.</summary>
    public static void Count(HttpContext http)
    {
        var sizes = new BodySizes(http, http.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        http.Features.Set(sizes);
        http.Features.Set<IHttpResponseBodyFeature>(sizes);
    }

    /// <inheritdoc/>
    public void DisableBuffering() => answer.DisableBuffering();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => answer.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    /// <inheritdoc/>
    public Task CompleteAsync() => answer.CompleteAsync();

    private static bool CanHaveBody(HttpContext http) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };

    private sealed class CountingWriter(BodySizes sizes, PipeWriter inner) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void Advance(int bytes)
        {
            inner.Advance(bytes);
            sizes.written += bytes;
        }

        public override ValueTask<FlushResult> WriteAsync(
            ReadOnlyMemory<byte> source,
            CancellationToken cancellationToken = default
        )
        {
            sizes.written += source.Length;
            return inner.WriteAsync(source, cancellationToken);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            inner.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }

    private sealed class CountingStream(BodySizes sizes, Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var bytes = inner.Read(buffer, offset, count);
            sizes.read += bytes;
            return bytes;
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            var bytes = await inner.ReadAsync(buffer, cancellationToken);
            sizes.read += bytes;
            return bytes;
        }

        public override Task<int> ReadAsync(
            byte[] buffer,
            int offset,
            int count,
            CancellationToken cancellationToken
        ) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() => inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
