using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;

namespace ModelService.Api.OpenInference;

/// <summary>The parameters of a request, an input or an output. Those that nobody knows are ignored.</summary>
/// <param name="values">Strings, whole numbers (<see cref="long"/>), other numbers and truth values.</param>
internal sealed class InferParameters(IReadOnlyDictionary<string, object> values)
{
    /// <summary>No parameters.</summary>
    public static InferParameters None { get; } = new(new Dictionary<string, object>());

    /// <summary>The names.</summary>
    public IEnumerable<string> Names => values.Keys;

    /// <summary>The priority of the request: 1 is the highest, 0 the default.</summary>
    public Priority? Priority =>
        Integer("priority") switch
        {
            null or 0 => null,
            1 => Models.Scheduling.Priority.High,
            2 => Models.Scheduling.Priority.Normal,
            > 2 => Models.Scheduling.Priority.Low,
            _ => throw Wrong("priority", "a whole number from 0"),
        };

    /// <summary>The timeout of the request, which has microseconds; null: none.</summary>
    public TimeSpan? Timeout =>
        Integer("timeout") switch
        {
            null or 0 => null,
            > 0 and var microseconds => TimeSpan.FromMicroseconds(Math.Min(microseconds, MaxMicroseconds)),
            _ => throw Wrong("timeout", "a whole number of microseconds from 0"),
        };

    // A year: TimeSpan can't hold all numbers.
    private const long MaxMicroseconds = 365L * 24 * 3600 * 1_000_000;

    /// <summary>Reads them from JSON.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static InferParameters Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new ServingException(ErrorCode.MalformedRequest, "\"parameters\" must be an object.");
        var values = new Dictionary<string, object>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            values[name] = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString()!,
                JsonTokenType.True => true,
                JsonTokenType.False => false,
                JsonTokenType.Number => reader.TryGetInt64(out var whole) ? (object)whole : reader.GetDouble(),
                _ => throw Wrong(name, "a string, a number or a truth value"),
            };
        }

        return new InferParameters(values);
    }

    /// <summary>A truth value; null when it is not given.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public bool? Bool(string name) =>
        !values.TryGetValue(name, out var value) ? null
        : value is bool found ? found
        : throw Wrong(name, "true or false");

    /// <summary>A whole number; null when it is not given.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public long? Integer(string name) =>
        !values.TryGetValue(name, out var value) ? null
        : value is long found ? found
        : throw Wrong(name, "a whole number");

    /// <summary>A string; null when it is not given.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public string? Text(string name) =>
        !values.TryGetValue(name, out var value) ? null
        : value is string found ? found
        : throw Wrong(name, "a string");

    private static ServingException Wrong(string name, string expected) =>
        new(ErrorCode.MalformedRequest, $"The parameter '{Suggestions.Shorten(name)}' must be {expected}.");
}
