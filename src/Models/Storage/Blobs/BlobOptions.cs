using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Storage.Blobs;

/// <summary>
/// Where weights, samples and photos are stored when the models are in PostgreSQL (<c>ModelService:Storage:Kind</c> is
/// <c>postgres</c>): in a folder that all servers share, in S3, or in Azure.
/// </summary>
public sealed class BlobOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Blobs";

    /// <summary>The kind of the store.</summary>
    /// <value><c>file</c>, <c>s3</c> or <c>azure</c>; default <c>file</c>.</value>
    [AllowedValues("file", "s3", "azure")]
    public string Kind { get; init; } = "file";

    /// <summary>The folder of the kind <c>file</c>: on a volume that all servers share.</summary>
    /// <value>
    /// A folder, created if it doesn't exist; relative to the server's content root; default <c>blobs</c>.
    /// </value>
    [Required]
    public string Path { get; init; } = "blobs";

    /// <summary>The bucket of S3, or the container of Azure. It must exist.</summary>
    /// <value>A name; default <c>models</c>.</value>
    [Required]
    public string Bucket { get; init; } = "models";

    /// <summary>
    /// The address of a service that speaks S3, such as MinIO or Ceph; the bucket is then in the path.
    /// </summary>
    /// <value>An address, such as <c>https://minio.example:9000</c>; default: that of AWS in the region.</value>
    public string? Endpoint { get; init; }

    /// <summary>The region of S3.</summary>
    /// <value>A region, such as <c>eu-central-1</c>; default <c>us-east-1</c>.</value>
    [Required]
    public string Region { get; init; } = "us-east-1";

    /// <summary>
    /// The id of the key for S3. Without one, the key is found as the AWS SDK does: in the environment, or from the
    /// role of the pod or the machine.
    /// </summary>
    /// <value>An id; default: none.</value>
    public string? AccessKey { get; init; }

    /// <summary>The secret of the key for S3.</summary>
    /// <value>A secret; default: none.</value>
    public string? SecretKey { get; init; }

    /// <summary>How Azure is reached: with an account's key, or with a shared access signature.</summary>
    /// <value>A connection string of Azure Storage; default: none; needed for the kind <c>azure</c>.</value>
    public string? Connection { get; init; }

    /// <summary>
    /// The most bytes of weights and photos that a server keeps in the folder <c>cache</c> of its own data folder. The
    /// least recently used files are deleted. Files in use stay, so give the disk room for all versions in memory, and
    /// for the largest data set that is trained or evaluated.
    /// </summary>
    /// <value>Bytes; 1 MiB or more; default 20 GiB.</value>
    [Range(1 << 20, long.MaxValue)]
    public long CacheBytes { get; init; } = 20L << 30;

    /// <summary>
    /// The age at which a file that no version and no data set has is deleted. It must be longer than the slowest
    /// upload takes.
    /// </summary>
    /// <value>A time; 1 minute to 365 days; default 1 day.</value>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan OrphanAge { get; init; } = TimeSpan.FromDays(1);
}

/// <summary>Checks the options of blobs, and those that belong together.</summary>
[OptionsValidator]
internal sealed partial class BlobOptionsValidator : IValidateOptions<BlobOptions>;

/// <summary>Checks the options of blobs that need each other.</summary>
internal sealed class BlobOptionsRules : IValidateOptions<BlobOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, BlobOptions options)
    {
        if (options is { Kind: "azure", Connection: null or "" })
            return Fail($"{nameof(BlobOptions.Connection)} is needed for the kind azure.");
        if (string.IsNullOrEmpty(options.AccessKey) != string.IsNullOrEmpty(options.SecretKey))
            return Fail($"{nameof(BlobOptions.AccessKey)} and {nameof(BlobOptions.SecretKey)} belong together.");
        return options.Endpoint is null || Uri.TryCreate(options.Endpoint, UriKind.Absolute, out _)
            ? ValidateOptionsResult.Success
            : Fail($"{nameof(BlobOptions.Endpoint)} must be an address, such as https://minio.example:9000.");
    }

    private static ValidateOptionsResult Fail(string rule) =>
        ValidateOptionsResult.Fail($"{BlobOptions.Section}:{rule}");
}
