using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelService.Models.Errors;

/// <summary>The JSON names of an enum's values: snake_case, or what <see cref="JsonStringEnumMemberNameAttribute"/> says.</summary>
internal static class EnumNames
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyDictionary<string, object>> Known = new();

    /// <summary>Each name with its value, in the order of the enum.</summary>
    public static IReadOnlyDictionary<string, object> Of(Type type) =>
        Known.GetOrAdd(
            type,
            static key =>
                key.GetFields(BindingFlags.Public | BindingFlags.Static)
                    .ToDictionary(
                        field =>
                            field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
                            ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(field.Name),
                        field => field.GetValue(null)!,
                        StringComparer.Ordinal
                    )
        );

    /// <summary>The JSON name of a value.</summary>
    public static string Of(Enum value) => Of(value.GetType()).First(pair => pair.Value.Equals(value)).Key;
}
