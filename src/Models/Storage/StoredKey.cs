namespace ModelService.Models.Storage;

/// <summary>An API key in the database that servers share. Only the key's holder knows the key itself.</summary>
/// <param name="Name">Its name, which no other key ever has.</param>
/// <param name="Sha256">SHA-256 of the key's UTF-8 bytes: 64 lower-case hexadecimal digits.</param>
/// <param name="Scopes">The kinds of requests that it allows.</param>
/// <param name="Expires">When it becomes invalid by itself; null: never.</param>
/// <param name="CreatedBy">The name of the key that made it; null: a command, or a server that requires no key.</param>
public sealed record StoredKey(
    string Name,
    string Sha256,
    IReadOnlyList<string> Scopes,
    DateTimeOffset? Expires,
    string? CreatedBy
)
{
    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When it was revoked; null while it is valid.</summary>
    public DateTimeOffset? Revoked { get; init; }

    /// <summary>The name of the key that revoked it; null: none did.</summary>
    public string? RevokedBy { get; init; }

    /// <summary>
    /// The time that it is still valid, by the database's clock at the moment when it was read; null without an end.
    /// </summary>
    public TimeSpan? Left { get; init; }
}
