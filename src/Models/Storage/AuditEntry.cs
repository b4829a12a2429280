namespace ModelService.Models.Storage;

/// <summary>A request that changed something, or that asked for it in vain.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path of what was changed: of what the request made, or else the path of the request.</param>
/// <param name="Model">The model that it is about; null: none.</param>
/// <param name="Key">The name of the request's key; null where the server requires none.</param>
/// <param name="Address">The client's address; null when it is unknown.</param>
/// <param name="Status">The HTTP status of the answer.</param>
public sealed record AuditEntry(string Method, string Path, string? Model, string? Key, string? Address, int Status)
{
    /// <summary>When it was answered, by the database's clock.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The name of the machine of the server that answered it.</summary>
    public string Server { get; init; } = "";
}

/// <summary>Which entries of the audit are wanted.</summary>
/// <param name="Model">Those about this model; null: all.</param>
/// <param name="Since">From this moment on; null: from the beginning.</param>
/// <param name="Until">Before this moment; null: up to now.</param>
/// <param name="Limit">The largest number of entries.</param>
public sealed record AuditQuery(string? Model, DateTimeOffset? Since, DateTimeOffset? Until, int Limit);
