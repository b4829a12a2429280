using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Auth;

/// <summary>
/// API keys. A request sends its key as <c>X-API-Key: KEY</c> or <c>Authorization: Bearer KEY</c>. If keys are required
/// and there is none, the server generates a key with all scopes when it starts and prints it once, to standard
/// error. That key is valid until the server stops.
/// </summary>
public sealed class AuthOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Auth";

    /// <summary>
    /// Whether requests require a key. Health checks, the Swagger pages and the JSON Schema of the language never do.
    /// If this is false, keys in requests are ignored.
    /// </summary>
    /// <value><c>true</c> or <c>false</c>; default <c>true</c>, in Development <c>false</c>.</value>
    public bool? Required { get; init; }

    /// <summary>
    /// The keys, each with a name, the SHA-256 of the key, and its scopes. <c>--new-key NAME SCOPES</c> generates one.
    /// The server reads this list only when it starts.
    /// </summary>
    /// <value>
    /// A list of <c>{"name", "sha256", "scopes"}</c>; the scopes are <c>predict</c>, <c>manage</c>, <c>train</c>,
    /// <c>metrics</c> and <c>admin</c>; default: none.
    /// </value>
    public IReadOnlyList<ApiKeyDefinition> Keys { get; init; } = [];

    /// <summary>
    /// A file with further keys: a JSON list like <see cref="Keys"/>. The server reads it again within 5 seconds of a
    /// change. If it can't be read then, or has been deleted, the keys stay unchanged and the reason is logged.
    /// If it holds no keys, the log has a warning.
    /// </summary>
    /// <value>A file that exists when the server starts; relative to the server's content root; default: none.</value>
    public string? KeysFile { get; init; }

    /// <summary>
    /// Largest number of wrong keys a minute from one client address. Further ones get <c>rate_limited</c>. All IPv6
    /// addresses of a /64 network count as one.
    /// </summary>
    /// <value>Requests a minute; 1 to 1,000,000; default 10.</value>
    [Range(1, 1_000_000)]
    public int MaxFailures { get; init; } = 10;
}

[OptionsValidator]
internal sealed partial class AuthOptionsValidator : IValidateOptions<AuthOptions>;
