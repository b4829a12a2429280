using ModelService.Api.Errors;
using ModelService.Api.Protection;
using ModelService.Models.Errors;

namespace ModelService.Api.Grpc;

/// <summary>
/// The body of a call, which counts in <see cref="BodyMemory"/> as it arrives. A message is in memory twice: as it
/// came, and as it is read. The memory of all messages is given back when the call ends, or earlier by
/// <see cref="Release"/>.
/// </summary>
internal sealed class MessageStream : BodyStream
{
    private readonly HttpContext http;
    private readonly Stream inner;
    private readonly BodyMemory.Account memory;
    private long arrived;

    private MessageStream(HttpContext http) =>
        (this.http, inner, memory) = (http, http.Request.Body, BodyMemory.Of(http));

    /// <summary>Starts to count. The stream is a feature of the request.</summary>
    public static void Count(HttpContext http)
    {
        var stream = new MessageStream(http);
        http.Features.Set(stream);
        http.Request.Body = stream;
    }

    /// <summary>Takes note of the message that was read last.</summary>
    /// <returns>Its memory, for <see cref="Release"/>.</returns>
    public long TakeNote() => Interlocked.Exchange(ref arrived, 0);

    /// <summary>Gives memory back.</summary>
    /// <param name="bytes">That of a message.</param>
    public void Release(long bytes) => memory.Take(-bytes);

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        try
        {
            memory.Take(2L * read);
        }
        catch (ServingException exception)
        {
            // gRPC reads the message of a unary call before the call begins.
            throw GrpcError.Create(ErrorTable.Describe(http, exception.Failure), exception.Failure.RetryAfter);
        }

        Interlocked.Add(ref arrived, 2L * read);
        return read;
    }
}
