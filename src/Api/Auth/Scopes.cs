namespace ModelService.Api.Auth;

/// <summary>What a key is good for. The names are those of the authorization policies as well.</summary>
internal static class Scopes
{
    /// <summary>Scoring images.</summary>
    public const string Predict = "predict";

    /// <summary>Changing what is served, weights out of it, and all that costs without being a prediction.</summary>
    public const string Manage = "manage";

    /// <summary>Reading the server's metrics.</summary>
    public const string Metrics = "metrics";

    /// <summary>Policy of what only shows models and the language: either of the two will do. No key has it as a scope.</summary>
    public const string Read = Predict + Or + Manage;

    /// <summary>Type of the claims that hold a key's scopes.</summary>
    public const string Claim = "scope";

    private const string Or = " or ";

    /// <summary>Every scope that a key can have.</summary>
    public static IReadOnlyList<string> All { get; } = [Predict, Manage, Metrics];

    /// <summary>Every policy.</summary>
    public static IReadOnlyList<string> Policies { get; } = [.. All, Read];

    /// <summary>The scopes of which a policy needs one.</summary>
    public static string[] Parse(string policy) => policy.Split(Or);
}
