using System.Text.Json;
using System.Text.RegularExpressions;
using ModelService.Models.Errors;

namespace ModelService.Api.Contracts;

/// <summary>An API key to make.</summary>
/// <param name="Name">
/// Its name in the log and the audit: 1 to 64 letters, digits, spaces and <c>. _ @ -</c>. It begins with a letter or a
/// digit. A name is used once, also when its key was revoked.
/// </param>
/// <param name="Scopes">
/// The kinds of requests that it allows: at least one of <c>predict</c>, <c>manage</c>, <c>train</c>, <c>metrics</c>
/// and <c>admin</c>.
/// </param>
/// <param name="ExpiresAt">When it becomes invalid by itself; left out: never.</param>
public sealed partial record CreateKeyBody(string Name, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt)
{
    internal static CreateKeyBody Read(JsonElement json)
    {
        SmallBody.CheckProperties(json, "name", "scopes", "expires_at");
        var name = SmallBody.Text(json, "name");
        if (name is null || !Names().IsMatch(name))
        {
            throw ServingException.MalformedAt(
                "/name",
                "a name has 1 to 64 letters, digits, spaces or . _ @ - and begins with a letter or a digit."
            );
        }

        var scopes = SmallBody.Texts(json, "scopes", "scope") ?? [];
        if (scopes.Count == 0 || scopes.Except(Auth.Scopes.All).Any())
        {
            throw ServingException.MalformedAt(
                "/scopes",
                $"at least one scope is needed. The scopes are {string.Join(", ", Auth.Scopes.All)}."
            );
        }

        return new CreateKeyBody(name, [.. scopes.Distinct()], ReadTime(json));
    }

    private static DateTimeOffset? ReadTime(JsonElement json) =>
        !json.TryGetProperty("expires_at", out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) ? time
        : throw ServingException.MalformedAt("/expires_at", "a time such as \"2030-01-31T12:00:00Z\" is expected.");

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}\z")]
    private static partial Regex Names();
}
