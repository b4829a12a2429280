using System.Globalization;
using System.Text.Json;
using ModelService.Models.Analysis;
using ModelService.Models.Errors;

namespace ModelService.Models.Definitions;

/// <summary>Turns the errors found in a definition into the answer to its client.</summary>
internal static class DefinitionErrors
{
    // A thousand equal layers can make a thousand equal errors; a person reads the first few.
    private const int Most = 100;

    /// <summary>The exception that carries every error, each pointing at a place that is in the document.</summary>
    public static ServingException Exception(IReadOnlyList<ErrorDetail> errors, JsonElement document, ArchitectureAnalysis? analysis = null)
    {
        var distinct = errors.Select(error => error with { Pointer = Existing(document, error.Pointer) }).Distinct().ToList();
        var more = distinct.Count > 1 ? $" And {distinct.Count - 1} more; see 'errors'." : "";
        return new ServingException(ErrorCode.DefinitionInvalid, $"{Place(distinct[0])}{distinct[0].Detail}{more}", [.. distinct.Take(Most)]) { Analysis = analysis };
    }

    private static string Place(ErrorDetail error) => error.Pointer.Length == 0 ? "" : $"At {error.Pointer}: ";

    // What is missing has no place of its own: then it is the place it is missing from.
    private static string Existing(JsonElement document, string pointer)
    {
        var (current, found) = (document, "");
        foreach (var token in pointer.Split('/').Skip(1))
        {
            var name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (current.ValueKind == JsonValueKind.Object && current.TryGetProperty(name, out var property))
                current = property;
            else if (current.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < current.GetArrayLength())
                current = current[index];
            else
                break;
            found += "/" + token;
        }

        return found;
    }
}
