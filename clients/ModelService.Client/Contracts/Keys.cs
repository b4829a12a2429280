using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>An API key to make.</summary>
public sealed record CreateKeyBody
{
    /// <summary>
    /// Its name in the log and the audit: 1 to 64 letters, digits, spaces and <c>. _ @ -</c>. A name is used once, also
    /// when its key was revoked.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>
    /// The kinds of requests that it allows: at least one of <c>predict</c>, <c>manage</c>, <c>train</c>,
    /// <c>metrics</c> and <c>admin</c>.
    /// </summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>When it becomes invalid by itself; left out: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A new API key.</summary>
public sealed record KeyCreatedResponse
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The key, for its holder. It is not shown again.</summary>
    public required string Key { get; init; }

    /// <summary>The kinds of requests that it allows.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it becomes invalid by itself; absent without an end.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>The API keys that the server knows.</summary>
public sealed record KeyListResponse
{
    /// <summary>The keys: first those of the server's own configuration, then the stored ones, oldest first.</summary>
    public required IReadOnlyList<KnownKeyResponse> Keys { get; init; }
}

/// <summary>An API key, without the key itself.</summary>
public sealed record KnownKeyResponse
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The kinds of requests that it allows.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>Where it is kept.</summary>
    public required KeySource Source { get; init; }

    /// <summary>Whether it can be used.</summary>
    public required KeyState State { get; init; }

    /// <summary>When it was made; absent when it is configured.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The name of the key that made it; absent when a command did.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When it becomes invalid by itself; absent without an end.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked; absent when it was not.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The name of the key that revoked it; absent when none did.</summary>
    public string? RevokedBy { get; init; }
}

/// <summary>Where a key is kept.</summary>
[JsonConverter(typeof(WireEnumConverter<KeySource>))]
public enum KeySource
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>configured</c>.</summary>
    Configured,

    /// <summary>The value <c>stored</c>.</summary>
    Stored,
}

/// <summary>Whether a key can be used.</summary>
[JsonConverter(typeof(WireEnumConverter<KeyState>))]
public enum KeyState
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>valid</c>.</summary>
    Valid,

    /// <summary>The value <c>expired</c>.</summary>
    Expired,

    /// <summary>The value <c>revoked</c>.</summary>
    Revoked,
}

/// <summary>What a key allows.</summary>
public sealed record KeyResponse
{
    /// <summary>The key's name in the server's configuration; absent where the server requires no key.</summary>
    public string? Name { get; init; }

    /// <summary>The kinds of requests that the key allows.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }
}
