using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Api;

/// <summary>Limits on the size, number and duration of requests.</summary>
public sealed class LimitsOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Limits";

    /// <summary>
    /// Largest definition of a model or an architecture in a request. Golden samples are part of the definition;
    /// weights are not.
    /// </summary>
    /// <value>Bytes; 1 KiB to 64 MiB; default 1 MiB.</value>
    [Range(1 << 10, 64 << 20)]
    public int MaxDefinitionBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Largest body of a prediction request, with all of its images. The limit for a single image is
    /// <c>ModelService:Imaging:MaxBytes</c>.
    /// </summary>
    /// <value>Bytes; 1 KiB to 1 GiB; default 64 MiB.</value>
    [Range(1 << 10, 1 << 30)]
    public int MaxPredictBytes { get; init; } = 64 << 20;

    /// <summary>
    /// Memory for the bodies of all requests together, except weights, which go to the disk. A body counts with what
    /// has arrived of it, and JSON with the numbers that are read from it, until its request is answered. A request
    /// that needs more fails with <c>overloaded</c>.
    /// </summary>
    /// <value>
    /// Bytes; at least 1 MiB; default: 10 % of the memory that the process may use, but at least two of the largest
    /// prediction bodies.
    /// </value>
    [Range(1 << 20, long.MaxValue)]
    public long? MaxBodyMemory { get; init; }

    /// <summary>Largest weights file in a request.</summary>
    /// <value>Bytes; at least 1 KiB; default 8 GiB.</value>
    [Range(1 << 10, long.MaxValue)]
    public long MaxWeightsBytes { get; init; } = 8L << 30;

    /// <summary>Largest number of images or tensors in one prediction request.</summary>
    /// <value>Inputs; 1 to 1,024; default 32.</value>
    [Range(1, 1024)]
    public int MaxInputs { get; init; } = 32;

    /// <summary>
    /// Largest number of connections at the same time. Further connections are closed at once, without an answer.
    /// </summary>
    /// <value>Connections; 1 to 1,000,000; default 10,000.</value>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>
    /// Largest number of requests a minute for one key, or for one client address if keys are not required. Further
    /// requests fail with <c>rate_limited</c>. Health checks are not counted. All IPv6 addresses of a /64 network count
    /// as one.
    /// </summary>
    /// <value>Requests a minute; 1 to 1,000,000,000; default: no limit.</value>
    [Range(1, 1_000_000_000)]
    public int? RequestsPerMinute { get; init; }

    /// <summary>
    /// Largest total size of a request's headers. A request can have at most 100 headers, and a request line of at most
    /// 8 KiB.
    /// </summary>
    /// <value>Bytes; 1 KiB to 1 MiB; default 32 KiB.</value>
    [Range(1 << 10, 1 << 20)]
    public int MaxRequestHeaderBytes { get; init; } = 32 << 10;

    /// <summary>
    /// Time within which a client must send a request's headers. After that, the connection is closed.
    /// </summary>
    /// <value>1 second to 10 minutes; default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Lowest rate at which a client may send a body or receive an answer, after the first 5 seconds. A slower client
    /// gets <c>request_timeout</c>, if it can still be answered, and its connection is closed.
    /// </summary>
    /// <value>Bytes a second; 1 to 1 GiB; default 240.</value>
    [Range(1, 1 << 30)]
    public int MinBytesPerSecond { get; init; } = 240;

    /// <summary>
    /// Time from a request's headers to its answer, including the time in the queue. After that, the request fails with
    /// <c>deadline_exceeded</c>.
    /// </summary>
    /// <value>1 second to 1 hour; default 5 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The same limit for requests that can carry weights: creating a model or a version, and checking, uploading or
    /// downloading weights.
    /// </summary>
    /// <value>1 second to 1 day; default 2 hours.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan UploadTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>
    /// Time that running requests have to finish when the server stops. After that, they are aborted.
    /// </summary>
    /// <value>1 second to 1 hour; default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class LimitsOptionsValidator : IValidateOptions<LimitsOptions>;
