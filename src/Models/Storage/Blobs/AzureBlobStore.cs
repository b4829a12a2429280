using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace ModelService.Models.Storage.Blobs;

/// <summary>Blobs in a container of Azure.</summary>
/// <param name="options">The container, and how it is reached.</param>
internal sealed class AzureBlobStore(BlobOptions options) : IBlobStore
{
    private readonly BlobContainerClient container = new(options.Connection, options.Bucket);

    /// <inheritdoc/>
    public Task PutAsync(string sha256, FileStream content, CancellationToken cancellationToken) =>
        Guard(() => container.GetBlobClient(sha256).UploadAsync(content, overwrite: true, cancellationToken));

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string sha256, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            try
            {
                var blob = container.GetBlobClient(sha256);
                return await blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellationToken);
            }
            catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.BlobNotFound)
            {
                return (Stream?)null;
            }
        });

    /// <inheritdoc/>
    public Task DeleteAsync(string sha256, CancellationToken cancellationToken) =>
        Guard(() => container.GetBlobClient(sha256).DeleteIfExistsAsync(cancellationToken: cancellationToken));

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var items = container
            .GetBlobsAsync(cancellationToken: cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await Guard(() => items.MoveNextAsync().AsTask()))
        {
            if (BlobName.IsOne(items.Current.Name))
                yield return items.Current.Name;
        }
    }

    /// <inheritdoc/>
    public StorageSpace? MeasureSpace() => null;

    private static async Task<T> Guard<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException)
        {
            throw new IOException(exception.Message, exception);
        }
    }
}
