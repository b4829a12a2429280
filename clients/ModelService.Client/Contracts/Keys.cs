namespace ModelService.Client;

/// <summary>What a key allows.</summary>
public sealed record KeyResponse
{
    /// <summary>The key's name in the server's configuration; absent where the server requires no key.</summary>
    public string? Name { get; init; }

    /// <summary>The kinds of requests that the key allows.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }
}
