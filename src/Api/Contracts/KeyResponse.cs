namespace ModelService.Api.Contracts;

/// <summary>What a key allows.</summary>
/// <param name="Name">The key's name in the server's configuration; absent where the server requires no key.</param>
/// <param name="Scopes">The kinds of requests that the key allows.</param>
public sealed record KeyResponse(string? Name, IReadOnlyList<string> Scopes);
