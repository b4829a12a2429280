namespace ModelService.Api.Auth;

/// <summary>A key as the configuration has it. The key itself is known to its holder alone.</summary>
public sealed class ApiKeyDefinition
{
    /// <summary>What the log calls the key.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the key's UTF-8 bytes.</summary>
    /// <value>64 hexadecimal digits.</value>
    public required string Sha256 { get; init; }

    /// <summary>What the key is good for.</summary>
    /// <value>At least one of <c>predict</c>, <c>manage</c> and <c>metrics</c>.</value>
    public required IReadOnlyList<string> Scopes { get; init; }
}
