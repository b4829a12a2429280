using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace ModelService.Models.Storage.Blobs;

/// <summary>Blobs in a bucket of S3, or of a service that speaks it.</summary>
internal sealed class S3BlobStore : IBlobStore, IDisposable
{
    private readonly AmazonS3Client client;
    private readonly string bucket;

    /// <summary>Creates the client; nothing is sent yet.</summary>
    /// <param name="options">The bucket, and how it is reached.</param>
    public S3BlobStore(BlobOptions options)
    {
        bucket = options.Bucket;
        var config = new AmazonS3Config
        {
            AuthenticationRegion = options.Region,
            // Chunks with checksums behind them are not understood by all services: some store the framing as content.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Endpoint is { } endpoint)
            (config.ServiceURL, config.ForcePathStyle) = (endpoint, true);
        else
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(options.Region);
        client = string.IsNullOrEmpty(options.AccessKey)
            ? new AmazonS3Client(config)
            : new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config);
    }

    /// <inheritdoc/>
    public Task PutAsync(string sha256, FileStream content, CancellationToken cancellationToken) =>
        Guard(() =>
            client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = bucket,
                    Key = sha256,
                    InputStream = content,
                    AutoCloseStream = false,
                    UseChunkEncoding = false,
                },
                cancellationToken
            )
        );

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string sha256, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            try
            {
                var response = await client.GetObjectAsync(bucket, sha256, cancellationToken);
                return response.ResponseStream;
            }
            catch (AmazonS3Exception exception) when (exception.ErrorCode == "NoSuchKey")
            {
                return (Stream?)null;
            }
        });

    /// <inheritdoc/>
    public Task DeleteAsync(string sha256, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            try
            {
                return await client.DeleteObjectAsync(bucket, sha256, cancellationToken);
            }
            catch (AmazonS3Exception exception) when (exception.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }
        });

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = bucket };
        do
        {
            var page = await Guard(() => client.ListObjectsV2Async(request, cancellationToken));
            foreach (var item in page.S3Objects ?? [])
            {
                if (BlobName.IsOne(item.Key))
                    yield return item.Key;
            }

            request.ContinuationToken = page.NextContinuationToken;
        } while (request.ContinuationToken is not null);
    }

    /// <inheritdoc/>
    public StorageSpace? MeasureSpace() => null;

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private static async Task<T> Guard<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception exception)
            when (exception is AmazonServiceException or AmazonClientException or HttpRequestException or WebException)
        {
            throw new IOException(exception.Message, exception);
        }
    }
}
