using ModelService.Api.Auth;
using ModelService.Models.Storage;

namespace ModelService.Api.Contracts;

/// <summary>The API keys that the server knows.</summary>
/// <param name="Keys">
/// The keys: first those of the server's own configuration, then the stored ones, oldest first.
/// </param>
public sealed record KeyListResponse(IReadOnlyList<KnownKeyResponse> Keys);

/// <summary>An API key, without the key itself.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Scopes">The kinds of requests that it allows.</param>
/// <param name="Source">Where it is kept.</param>
/// <param name="State">Whether it can be used.</param>
/// <param name="CreatedAt">When it was made; absent when it is configured.</param>
/// <param name="CreatedBy">The name of the key that made it; absent when a command did.</param>
/// <param name="ExpiresAt">When it becomes invalid by itself; absent without an end.</param>
/// <param name="RevokedAt">When it was revoked; absent when it was not.</param>
/// <param name="RevokedBy">The name of the key that revoked it; absent when none did.</param>
public sealed record KnownKeyResponse(
    string Name,
    IReadOnlyList<string> Scopes,
    KeySource Source,
    KeyState State,
    DateTimeOffset? CreatedAt,
    string? CreatedBy,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    string? RevokedBy
)
{
    internal static KnownKeyResponse Create(ApiKeyDefinition key) =>
        new(key.Name, key.Scopes, KeySource.Configured, KeyState.Valid, null, null, null, null, null);

    internal static KnownKeyResponse Create(StoredKey key, bool isValid) =>
        new(
            key.Name,
            key.Scopes,
            KeySource.Stored,
            isValid ? KeyState.Valid
                : key.Revoked is null ? KeyState.Expired
                : KeyState.Revoked,
            key.Created,
            key.CreatedBy,
            key.Expires,
            key.Revoked,
            key.RevokedBy
        );
}

/// <summary>Where a key is kept.</summary>
public enum KeySource
{
    /// <summary>In the configuration or the keys file of this server, or generated when the server started.</summary>
    Configured,

    /// <summary>In the database that servers share.</summary>
    Stored,
}

/// <summary>Whether a key can be used.</summary>
public enum KeyState
{
    /// <summary>It can be used.</summary>
    Valid,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>It was revoked.</summary>
    Revoked,
}

/// <summary>A new API key.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">The key, for its holder. It is not shown again.</param>
/// <param name="Scopes">The kinds of requests that it allows.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it becomes invalid by itself; absent without an end.</param>
public sealed record KeyCreatedResponse(
    string Name,
    string Key,
    IReadOnlyList<string> Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt
);
