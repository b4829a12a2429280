using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Auth;

/// <summary>Validates keys, from the configuration and from the keys file.</summary>
internal sealed partial class ApiKeyRules : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        var problems = FindProblems(options.Keys)
            .Select(problem => $"{AuthOptions.Section}:{nameof(AuthOptions.Keys)}: {problem}")
            .ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    /// <summary>
    /// Returns the problems of a list of keys. An invalid hash is not repeated in the message, because it could be the
    /// key itself.
    /// </summary>
    public static IEnumerable<string> FindProblems(IReadOnlyList<ApiKeyDefinition> keys)
    {
        var all = string.Join(", ", Scopes.All);
        foreach (var (index, key) in keys.Index())
        {
            if (string.IsNullOrWhiteSpace(key.Name))
                yield return $"key {index} has no name.";
            if (!Sha256().IsMatch(key.Sha256 ?? ""))
                yield return $"key {index} ('{key.Name}'): its sha256 must be 64 hexadecimal digits.";
            if (key.Scopes is not { Count: > 0 })
                yield return $"key {index} ('{key.Name}') has no scopes. The scopes are {all}.";
            foreach (var scope in key.Scopes?.Except(Scopes.All) ?? [])
                yield return $"key {index} ('{key.Name}'): '{scope}' is not a scope. The scopes are {all}.";
        }

        foreach (var same in keys.GroupBy(key => key.Name).Where(same => same.Count() > 1))
            yield return $"{same.Count()} keys have the name '{same.Key}'.";
    }

    [GeneratedRegex(@"\A[0-9a-fA-F]{64}\z")]
    private static partial Regex Sha256();
}
