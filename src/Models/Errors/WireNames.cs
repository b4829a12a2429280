using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelService.Models.Errors;

/// <summary>
/// Gives the names of properties and enum values outside the process, in JSON, messages and metrics: snake_case, unless
/// <see cref="JsonPropertyNameAttribute"/> or <see cref="JsonStringEnumMemberNameAttribute"/> gives another name.
/// </summary>
public static class WireNames
{
    private static readonly ConcurrentDictionary<Type, OrderedDictionary<string, object>> Enums = new();

    /// <summary>The naming policy where no attribute gives a name.</summary>
    public static JsonNamingPolicy Policy => JsonNamingPolicy.SnakeCaseLower;

    /// <summary>Gets the name of a record's property.</summary>
    /// <param name="property">The property.</param>
    public static string Get(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? Policy.ConvertName(property.Name);

    /// <summary>Gets the name of an enum value.</summary>
    /// <param name="value">A value that the enum declares.</param>
    public static string Get(Enum value) => Get(value.GetType()).First(pair => pair.Value.Equals(value)).Key;

    /// <summary>Gets the values of an enum by their names, in the order of declaration.</summary>
    /// <param name="type">The type of the enum.</param>
    public static IReadOnlyDictionary<string, object> Get(Type type) =>
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

    /// <summary>Creates a converter that makes System.Text.Json use the same names for enum values.</summary>
    public static JsonStringEnumConverter CreateEnumConverter() => new(Policy);
}
