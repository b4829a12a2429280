using System.Collections;
using System.Globalization;
using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// The errors found in a definition, without duplicates, and the exception that reports them to the client. Only the
/// first hundred are kept: a thousand wrong layers make a thousand errors, and a person reads the first few.
/// </summary>
internal sealed class DefinitionErrors : IReadOnlyCollection<ErrorDetail>
{
    private const int MaxCount = 100;

    private readonly List<ErrorDetail> kept = [];

    /// <summary>The number of errors kept.</summary>
    public int Count => kept.Count;

    /// <summary>Whether no further errors are kept: reading may stop.</summary>
    public bool IsFull => kept.Count == MaxCount;

    /// <summary>Adds an error, unless <see cref="IsFull"/> or the same error is there.</summary>
    public void Add(ErrorDetail error)
    {
        if (!IsFull && !kept.Contains(error))
            kept.Add(error);
    }

    /// <summary>Whether a value, or a value inside it, has an error.</summary>
    /// <param name="pointer">JSON Pointer to the value.</param>
    public bool AnyAt(string pointer) =>
        kept.Exists(error =>
            error.Pointer == pointer || error.Pointer.StartsWith(pointer + "/", StringComparison.Ordinal)
        );

    /// <inheritdoc/>
    public IEnumerator<ErrorDetail> GetEnumerator() => kept.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>
    /// The exception that carries the errors, each with a pointer to a value that is in the document.
    /// </summary>
    public ServingException Exception(JsonElement document, ArchitectureAnalysis? analysis = null)
    {
        var distinct = kept.Select(error => error with { Pointer = ToExisting(document, error.Pointer) })
            .Distinct()
            .ToList();
        var place = distinct[0].Pointer.Length == 0 ? "" : $"At {distinct[0].Pointer}: ";
        return new ServingException(
            new InvalidDefinition($"{place}{distinct[0].Detail}{More(distinct.Count)}", analysis) { Errors = distinct }
        );
    }

    private string More(int count)
    {
        if (count == 1)
            return "";
        return IsFull
            ? $" And at least {count - 1} more; see 'errors', which has the first {count}."
            : $" And {count - 1} more; see 'errors'.";
    }

    // A missing property is not in the document: its error points to the object that it is missing from.
    private static string ToExisting(JsonElement document, string pointer)
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
