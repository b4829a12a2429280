using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Auth;

/// <summary>
/// Who may ask. A key comes as <c>X-API-Key: KEY</c> or <c>Authorization: Bearer KEY</c>. If one is required and none is configured, a key with
/// every scope is made at the start and printed once, to standard error; it is good until the server ends.
/// </summary>
public sealed class AuthOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Auth";

    /// <summary>Whether requests need a key. Health checks and the Swagger pages never do. When it is false, keys are not looked at.</summary>
    /// <value><c>true</c> or <c>false</c>; default <c>true</c>, in Development <c>false</c>.</value>
    public bool? Required { get; init; }

    /// <summary>The keys, each with a name, the SHA-256 of the key and its scopes; <c>--new-key NAME SCOPES</c> makes one. They are read at the start.</summary>
    /// <value>A list of <c>{"name", "sha256", "scopes"}</c>; scopes are <c>predict</c>, <c>manage</c> and <c>metrics</c>; default: none.</value>
    public IReadOnlyList<ApiKeyDefinition> Keys { get; init; } = [];

    /// <summary>
    /// A file with more keys: a JSON list as in <see cref="Keys"/>. It is read again when it changes, within 5 seconds; when it then can't be read, or
    /// is gone, the keys stay as they were, and the log says why.
    /// </summary>
    /// <value>A file that is there at the start; relative to the server's content root; default: none.</value>
    public string? KeysFile { get; init; }

    /// <summary>Wrong keys that one client address may send; more are answered <c>rate_limited</c>. An IPv6 address counts with its /64 network.</summary>
    /// <value>Requests a minute; 1 to 1,000,000; default 10.</value>
    [Range(1, 1_000_000)]
    public int MaxFailures { get; init; } = 10;
}

[OptionsValidator]
internal sealed partial class AuthOptionsValidator : IValidateOptions<AuthOptions>;
