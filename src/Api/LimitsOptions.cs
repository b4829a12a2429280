using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Api;

/// <summary>What a request may bring.</summary>
public sealed class LimitsOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Limits";

    /// <summary>Largest body of a request that describes a model or an architecture; golden samples count, weights do not.</summary>
    /// <value>Bytes; 1 KiB to 64 MiB; default 1 MiB.</value>
    [Range(1 << 10, 64 << 20)]
    public int MaxDefinitionBytes { get; init; } = 1 << 20;

    /// <summary>Largest body of a prediction, all of its images together. A single image has a limit of its own (<c>Imaging:MaxBytes</c>).</summary>
    /// <value>Bytes; 1 KiB to 1 GiB; default 64 MiB.</value>
    [Range(1 << 10, 1 << 30)]
    public int MaxPredictBytes { get; init; } = 64 << 20;

    /// <summary>Largest weights file.</summary>
    /// <value>Bytes; at least 1 KiB; default 8 GiB.</value>
    [Range(1 << 10, long.MaxValue)]
    public long MaxWeightsBytes { get; init; } = 8L << 30;

    /// <summary>Most images or tensors in one prediction.</summary>
    /// <value>Inputs; 1 to 1,024; default 32.</value>
    [Range(1, 1024)]
    public int MaxInputs { get; init; } = 32;

    /// <summary>Connections at the same time. One more is closed at once, without an answer.</summary>
    /// <value>Connections; 1 to 1,000,000; default 10,000.</value>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Requests of one key, or of one client address where no key is needed; more are answered <c>rate_limited</c>. Health checks are not counted.</summary>
    /// <value>Requests a minute; 1 to 1,000,000,000; default: no limit.</value>
    [Range(1, 1_000_000_000)]
    public int? RequestsPerMinute { get; init; }

    /// <summary>All of a request's headers together. A request has at most 100 of them, and its first line at most 8 KiB.</summary>
    /// <value>Bytes; 1 KiB to 1 MiB; default 32 KiB.</value>
    [Range(1 << 10, 1 << 20)]
    public int MaxRequestHeaderBytes { get; init; } = 32 << 10;

    /// <summary>How long a client may take to send a request's headers; then its connection is closed.</summary>
    /// <value>1 second to 10 minutes; default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How slowly a client may send a body or take an answer, after 5 seconds. A slower one is answered <c>request_timeout</c> if it can be, and cut off.
    /// </summary>
    /// <value>Bytes a second; 1 to 1 GiB; default 240.</value>
    [Range(1, 1 << 30)]
    public int MinBytesPerSecond { get; init; } = 240;

    /// <summary>How long a request may take from its headers to its answer, the waiting included; then it is answered <c>deadline_exceeded</c>.</summary>
    /// <value>1 second to 1 hour; default 5 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The same for a request that carries weights: one for a new model or version, or weights in or out.</summary>
    /// <value>1 second to 1 day; default 2 hours.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan UploadTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long running requests have to finish when the server is told to stop; then they are cut off.</summary>
    /// <value>1 second to 1 hour; default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class LimitsOptionsValidator : IValidateOptions<LimitsOptions>;
