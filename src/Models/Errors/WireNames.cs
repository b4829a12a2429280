using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelService.Models.Errors;

/// <summary>
/// The one rule for names that leave the process, in JSON, messages and metrics: snake_case, unless
/// <see cref="JsonPropertyNameAttribute"/> or <see cref="JsonStringEnumMemberNameAttribute"/> gives another name.
/// </summary>
public static class WireNames
{
    private static readonly ConcurrentDictionary<Type, OrderedDictionary<string, object>> Enums = new();

    /// <summary>The rule for a name that no attribute gives.</summary>
    public static JsonNamingPolicy Policy => JsonNamingPolicy.SnakeCaseLower;

    /// <summary>The name of a record's property.</summary>
    /// <param name="property">The property.</param>
    public static string Of(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? Policy.ConvertName(property.Name);

    /// <summary>The name of an enum's value.</summary>
    /// <param name="value">A value that the enum declares.</param>
    public static string Of(Enum value) => Of(value.GetType()).First(pair => pair.Value.Equals(value)).Key;

    /// <summary>The names of an enum's values, each with its value, in the order of their declaration.</summary>
    /// <param name="type">The enum.</param>
    public static IReadOnlyDictionary<string, object> Of(Type type) =>
        Enums.GetOrAdd(
            type,
            static key =>
                new(
                    key.GetFields(BindingFlags.Public | BindingFlags.Static)
                        .Select(field =>
                            KeyValuePair.Create(
                                field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
                                    ?? Policy.ConvertName(field.Name),
                                field.GetValue(null)!
                            )
                        ),
                    StringComparer.Ordinal
                )
        );

    /// <summary>A converter that gives System.Text.Json the same names of enums.</summary>
    public static JsonStringEnumConverter CreateEnumConverter() => new(Policy);
}
