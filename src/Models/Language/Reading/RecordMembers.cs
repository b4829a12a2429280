using System.Collections.Concurrent;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ModelService.Models.Errors;
using ModelService.Models.Language.Parameters;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// The properties of a record that can be set, each with its JSON name, default, range, meaning and codec. Reader,
/// writer, hash, JSON Schema, GET /v1/layers and torch.nn source are loops over them, so they can't disagree.
/// </summary>
internal sealed class RecordMembers
{
    private static readonly ConcurrentDictionary<Type, RecordMembers> Known = new();

    private RecordMembers(Type type)
    {
        var template = Activator.CreateInstance(type)!;
        Members =
        [
            .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property =>
                    property.SetMethod is { IsPublic: true } && !property.IsDefined(typeof(JsonIgnoreAttribute))
                )
                .OrderBy(property => InheritanceDepth(property.DeclaringType!))
                .ThenBy(property => property.MetadataToken)
                .Select(property => new RecordMember(property, property.GetValue(template))),
        ];
        ByName = Members.ToDictionary(member => member.Name, StringComparer.Ordinal);
    }

    /// <summary>The properties: those of a base record first, then in the order of the source code.</summary>
    public IReadOnlyList<RecordMember> Members { get; }

    /// <summary>The properties by their JSON name.</summary>
    public IReadOnlyDictionary<string, RecordMember> ByName { get; }

    /// <summary>The members of a record that has a parameterless constructor.</summary>
    public static RecordMembers From(Type type) => Known.GetOrAdd(type, static key => new RecordMembers(key));

    /// <summary>A record's required properties, and those whose value is not the default.</summary>
    public static IEnumerable<(RecordMember Member, object Value)> Given(object record) =>
        from member in From(record.GetType()).Members
        let value = member.Get(record)
        where value is not null && (member.Required || !value.Equals(member.Default))
        select (member, value);

    private static int InheritanceDepth(Type type) => type.BaseType is { } parent ? 1 + InheritanceDepth(parent) : 0;
}

/// <summary>One settable property of a record.</summary>
internal sealed class RecordMember(PropertyInfo property, object? defaultValue)
{
    /// <summary>The property's name in JSON.</summary>
    public string Name { get; } = WireNames.Get(property);

    /// <summary>Reads, writes and describes the property's values.</summary>
    public ParameterCodec Codec { get; } =
        ParameterCodecs.Get(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType);

    /// <summary>Whether the property must be in the JSON.</summary>
    public bool Required { get; } = property.IsDefined(typeof(RequiredMemberAttribute));

    /// <summary>The value when the property is not in the JSON.</summary>
    public object? Default { get; } = defaultValue;

    /// <summary>The property's meaning, in a line.</summary>
    public string Meaning { get; } = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";

    /// <summary>Whether null means the same as leaving the property out.</summary>
    public bool TakesNull { get; } =
        !property.IsDefined(typeof(RequiredMemberAttribute)) && !property.IsDefined(typeof(RefusesNullAttribute));

    /// <summary>Least value of each number in the property; null: the least of its type.</summary>
    public double? Minimum { get; } = Number(property.GetCustomAttribute<RangeAttribute>()?.Minimum);

    /// <summary>Greatest value of each number in the property; null: the greatest of its type.</summary>
    public double? Maximum { get; } = Number(property.GetCustomAttribute<RangeAttribute>()?.Maximum);

    /// <summary>Least number of elements in a list.</summary>
    public int MinLength { get; } = property.GetCustomAttribute<MinLengthAttribute>()?.Length ?? 0;

    /// <summary>Greatest number of elements in a list.</summary>
    public int MaxLength { get; } = property.GetCustomAttribute<MaxLengthAttribute>()?.Length ?? int.MaxValue;

    /// <summary>The regular expression that a text must match as a whole.</summary>
    public string? Pattern { get; } = property.GetCustomAttribute<RegularExpressionAttribute>()?.Pattern;

    /// <summary>Whether a layer may be given as the name of its type alone.</summary>
    public bool TakesTypeName { get; } = property.IsDefined(typeof(TakesTypeNameAttribute));

    /// <summary>Sets the property of a record that is being read.</summary>
    public void Set(object record, object? value) => property.SetValue(record, value);

    /// <summary>The property's value in a record.</summary>
    public object? Get(object record) => property.GetValue(record);

    /// <summary>The default as JSON; null when there is none, or when the property is required.</summary>
    public JsonNode? WriteDefault() => Required || Default is null ? null : Codec.Write(Default);

    private static double? Number(object? limit) => (limit as IConvertible)?.ToDouble(CultureInfo.InvariantCulture);
}

/// <summary>
/// Marks a layer property that also accepts the type alone: <c>"relu"</c> for <c>{"type": "relu"}</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TakesTypeNameAttribute : Attribute;

/// <summary>
/// Marks an optional property for which null is an error: in an update, null could be meant as "remove the value".
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RefusesNullAttribute : Attribute;
