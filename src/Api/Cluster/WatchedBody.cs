using ModelService.Api.Protection;

namespace ModelService.Api.Cluster;

/// <summary>The body of a request, which tells whether any of it was read.</summary>
/// <param name="body">The body; not disposed.</param>
internal sealed class WatchedBody(Stream body) : BodyStream
{
    /// <summary>Whether somebody began to read it.</summary>
    public bool IsRead { get; private set; }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        IsRead = true;
        return body.ReadAsync(buffer, cancellationToken);
    }
}
