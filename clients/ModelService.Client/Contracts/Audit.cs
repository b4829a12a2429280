namespace ModelService.Client;

/// <summary>Who changed what.</summary>
public sealed record AuditResponse
{
    /// <summary>The requests, the newest first.</summary>
    public required IReadOnlyList<AuditEntryResponse> Entries { get; init; }
}

/// <summary>A request that changed something, or that asked for it in vain.</summary>
public sealed record AuditEntryResponse
{
    /// <summary>When it was answered, by the database's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The name of its key; absent where the server requires no key.</summary>
    public string? Key { get; init; }

    /// <summary>The client's address; behind a proxy, the proxy's, unless the server believes it.</summary>
    public string? Address { get; init; }

    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The path of what was changed: of what the request made, or else the path of the request.</summary>
    public required string Path { get; init; }

    /// <summary>The model that it is about; absent when it is about none.</summary>
    public string? Model { get; init; }

    /// <summary>The HTTP status of the answer: from 400 on, nothing was changed.</summary>
    public required int Status { get; init; }

    /// <summary>The name of the machine of the server that answered it.</summary>
    public required string Server { get; init; }
}
