using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Auth;

/// <summary>What keys must be like, wherever they are configured.</summary>
internal sealed partial class ApiKeyRules : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        var problems = Problems(options.Keys)
            .Select(problem => $"{AuthOptions.Section}:{nameof(AuthOptions.Keys)}: {problem}")
            .ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    /// <summary>All that is wrong with a list of keys. Whatever stands where a hash belongs is not repeated: it could be the key.</summary>
    public static IEnumerable<string> Problems(IReadOnlyList<ApiKeyDefinition> keys)
    {
        foreach (var (index, key) in keys.Index())
        {
            if (string.IsNullOrWhiteSpace(key.Name))
                yield return $"key {index} has no name.";
            if (!Sha256().IsMatch(key.Sha256 ?? ""))
                yield return $"key {index} ('{key.Name}'): its sha256 must be 64 hexadecimal digits.";
            if (key.Scopes is not { Count: > 0 })
                yield return $"key {index} ('{key.Name}') has no scopes: {string.Join(", ", Scopes.All)} are there.";
            foreach (var scope in key.Scopes?.Except(Scopes.All) ?? [])
                yield return $"key {index} ('{key.Name}'): '{scope}' is no scope; {string.Join(", ", Scopes.All)} are.";
        }

        foreach (var same in keys.GroupBy(key => key.Name).Where(same => same.Count() > 1))
            yield return $"{same.Count()} keys have the name '{same.Key}'.";
    }

    [GeneratedRegex("^[0-9a-fA-F]{64}$")]
    private static partial Regex Sha256();
}
