namespace ModelService.Api.Auth;

/// <summary>An API key in the configuration. Only the key's holder knows the key itself.</summary>
public sealed class ApiKeyDefinition
{
    /// <summary>Name of the key in the log.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the key's UTF-8 bytes.</summary>
    /// <value>64 hexadecimal digits.</value>
    public required string Sha256 { get; init; }

    /// <summary>The scopes of the key: the kinds of requests it allows.</summary>
    /// <value>At least one of <c>predict</c>, <c>manage</c>, <c>train</c>, <c>metrics</c> and <c>admin</c>.</value>
    public required IReadOnlyList<string> Scopes { get; init; }
}
