namespace ModelService.Client;

/// <summary>Where a server is, and how it is asked.</summary>
public sealed class ModelServiceOptions
{
    /// <summary>The server's address, with the path under which it is, if any.</summary>
    public Uri Address { get; set; } = new("http://localhost:8080");

    /// <summary>The address at which it speaks gRPC; null: <see cref="Address"/>.</summary>
    public Uri? GrpcAddress { get; set; }

    /// <summary>The API key; null: none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>
    /// How often a request is sent again that was refused because too much waits (429 and 503), after the time in the
    /// answer's Retry-After; 0: never. One that could not be sent is repeated only if it changes nothing.
    /// </summary>
    public int Retries { get; set; } = 5;

    /// <summary>The time for one request, with all of its repetitions. Uploads may take long.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);
}
