using System.Collections;
using System.Globalization;
using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// The errors found in a definition, each once, and the answer to its client. Only the first hundred are kept: a thousand wrong layers make a
/// thousand errors, and a person reads the first few.
/// </summary>
internal sealed class DefinitionErrors : IReadOnlyCollection<ErrorDetail>
{
    private const int Most = 100;

    private readonly List<ErrorDetail> kept = [];

    /// <summary>How many are kept.</summary>
    public int Count => kept.Count;

    /// <summary>Whether no more are kept: then there is nothing to be gained by reading on.</summary>
    public bool IsFull => kept.Count == Most;

    /// <summary>Takes an error, as long as there is room.</summary>
    public void Add(ErrorDetail error)
    {
        if (!IsFull && !kept.Contains(error))
            kept.Add(error);
    }

    /// <summary>Whether something at a place, or in what stands there, is wrong.</summary>
    public bool AnyAt(string pointer) =>
        kept.Exists(error =>
            error.Pointer == pointer || error.Pointer.StartsWith(pointer + "/", StringComparison.Ordinal)
        );

    /// <inheritdoc/>
    public IEnumerator<ErrorDetail> GetEnumerator() => kept.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The exception that carries the errors, each pointing at a place that is in the document.</summary>
    public ServingException Exception(JsonElement document, ArchitectureAnalysis? analysis = null)
    {
        var distinct = kept.Select(error => error with { Pointer = Existing(document, error.Pointer) })
            .Distinct()
            .ToList();
        var more =
            distinct.Count > 1
                ? $" And {(IsFull ? "at least " : "")}{distinct.Count - 1} more; see 'errors'{(IsFull ? $", which has the first {distinct.Count}" : "")}."
                : "";
        return new InvalidDefinitionException($"{Place(distinct[0])}{distinct[0].Detail}{more}", distinct, analysis);
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
            {
                current = property;
            }
            else if (
                current.ValueKind == JsonValueKind.Array
                && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && index < current.GetArrayLength()
            )
            {
                current = current[index];
            }
            else
            {
                break;
            }

            found += "/" + token;
        }

        return found;
    }
}
