using ModelService.Models.Storage;

namespace ModelService.Api.Contracts;

/// <summary>Who changed what.</summary>
/// <param name="Entries">The requests, the newest first.</param>
public sealed record AuditResponse(IReadOnlyList<AuditEntryResponse> Entries);

/// <summary>A request that changed something, or that asked for it in vain.</summary>
/// <param name="At">When it was answered, by the database's clock.</param>
/// <param name="Key">The name of its key; absent where the server requires no key.</param>
/// <param name="Address">The client's address; behind a proxy, the proxy's, unless the server believes it.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path of what was changed: of what the request made, or else the path of the request.</param>
/// <param name="Model">The model that it is about; absent when it is about none.</param>
/// <param name="Status">The HTTP status of the answer: from 400 on, nothing was changed.</param>
/// <param name="Server">The name of the machine of the server that answered it.</param>
public sealed record AuditEntryResponse(
    DateTimeOffset At,
    string? Key,
    string? Address,
    string Method,
    string Path,
    string? Model,
    int Status,
    string Server
)
{
    internal static AuditEntryResponse Create(AuditEntry entry) =>
        new(entry.At, entry.Key, entry.Address, entry.Method, entry.Path, entry.Model, entry.Status, entry.Server);
}
