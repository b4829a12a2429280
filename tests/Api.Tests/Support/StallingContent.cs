using System.Net;

namespace ModelService.Api.Tests.Support;

/// <summary>A body that stops in the middle and never ends, until the client gives up.</summary>
internal sealed class StallingContent : HttpContent
{
    private readonly byte[] beginning;
    private readonly long? declaredLength;

    public StallingContent(byte[] beginning, string contentType, long? declaredLength = null)
    {
        (this.beginning, this.declaredLength) = (beginning, declaredLength);
        Headers.TryAddWithoutValidation("Content-Type", contentType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream,
        TransportContext? context,
        CancellationToken cancellationToken
    )
    {
        await stream.WriteAsync(beginning, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = declaredLength ?? 0;
        return declaredLength is not null;
    }
}
