namespace ModelService.Api.Auth;

/// <summary>The scopes that a key can have. Each is also the name of an authorization policy.</summary>
internal static class Scopes
{
    /// <summary>Scoring images.</summary>
    public const string Predict = "predict";

    /// <summary>Changing models, downloading weights, and expensive requests other than predictions.</summary>
    public const string Manage = "manage";

    /// <summary>Reading and changing data sets, training with them, and evaluating versions on them.</summary>
    public const string Train = "train";

    /// <summary>Reading the server's metrics.</summary>
    public const string Metrics = "metrics";

    /// <summary>Making, listing and revoking keys, and reading who changed what.</summary>
    public const string Admin = "admin";

    /// <summary>
    /// Policy for requests that only read models and the language: either of the two scopes is enough. It is not itself
    /// a scope.
    /// </summary>
    public const string Read = Predict + Or + Manage;

    /// <summary>
    /// Policy for requests that read evaluations, which show the images of data sets: either of the two scopes is
    /// enough. It is not itself a scope.
    /// </summary>
    public const string TrainOrManage = Train + Or + Manage;

    /// <summary>Policy for requests that any key may send. It is not itself a scope.</summary>
    public const string Any = Predict + Or + Manage + Or + Train + Or + Metrics + Or + Admin;

    /// <summary>Type of the claims for a key's scopes.</summary>
    public const string Claim = "scope";

    private const string Or = " or ";

    /// <summary>All scopes.</summary>
    public static IReadOnlyList<string> All { get; } = [Predict, Manage, Train, Metrics, Admin];

    /// <summary>The names of all policies.</summary>
    public static IReadOnlyList<string> Policies { get; } = [.. All, Read, TrainOrManage, Any];

    /// <summary>Returns the scopes of a policy; one of them is enough.</summary>
    public static string[] Parse(string policy) => policy.Split(Or);
}
