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

    /// <summary>The properties; those of a base record first, then in the order they are written in.</summary>
    public IReadOnlyList<RecordMember> Members { get; }

    /// <summary>The properties by their JSON name.</summary>
    public IReadOnlyDictionary<string, RecordMember> ByName { get; }

    /// <summary>The members of a record that has a parameterless constructor.</summary>
    public static RecordMembers From(Type type) => Known.GetOrAdd(type, static key => new RecordMembers(key));

    /// <summary>What a record says: its required properties, and those that don't have their default.</summary>
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
    public string Name { get; } = WireNames.Of(property);

    /// <summary>Reads, writes and describes the property's values.</summary>
    public ParameterCodec Codec { get; } =
        ParameterCodecs.Of(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType);

    /// <summary>Whether JSON must give it.</summary>
    public bool Required { get; } = property.IsDefined(typeof(RequiredMemberAttribute));

    /// <summary>What it is when JSON doesn't give it.</summary>
    public object? Default { get; } = defaultValue;

    /// <summary>What it means, in a line.</summary>
    public string Meaning { get; } = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";

    /// <summary>Whether null is as good as not given.</summary>
    public bool TakesNull { get; } =
        !property.IsDefined(typeof(RequiredMemberAttribute)) && !property.IsDefined(typeof(RefusesNullAttribute));

    /// <summary>Least number, for each number in it; null when its type decides.</summary>
    public double? Minimum { get; } = Number(property.GetCustomAttribute<RangeAttribute>()?.Minimum);

    /// <summary>Greatest number, for each number in it; null when its type decides.</summary>
    public double? Maximum { get; } = Number(property.GetCustomAttribute<RangeAttribute>()?.Maximum);

    /// <summary>How many elements a list must have.</summary>
    public int MinLength { get; } = property.GetCustomAttribute<MinLengthAttribute>()?.Length ?? 0;

    /// <summary>How many elements a list may have.</summary>
    public int MaxLength { get; } = property.GetCustomAttribute<MaxLengthAttribute>()?.Length ?? int.MaxValue;

    /// <summary>The regular expression that a text must match as a whole.</summary>
    public string? Pattern { get; } = property.GetCustomAttribute<RegularExpressionAttribute>()?.Pattern;

    /// <summary>Whether a layer may be given by its type's name alone.</summary>
    public bool TakesTypeName { get; } = property.IsDefined(typeof(TakesTypeNameAttribute));

    /// <summary>Gives the property its value on a record that is being read.</summary>
    public void Set(object record, object? value) => property.SetValue(record, value);

    /// <summary>The property's value.</summary>
    public object? Get(object record) => property.GetValue(record);

    /// <summary>The default as JSON; null when there is none, or when the property must be given.</summary>
    public JsonNode? WriteDefault() => Required || Default is null ? null : Codec.Write(Default);

    private static double? Number(object? limit) => (limit as IConvertible)?.ToDouble(CultureInfo.InvariantCulture);
}

/// <summary>Marks a layer property that also takes the type alone: <c>"relu"</c> for <c>{"type": "relu"}</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TakesTypeNameAttribute : Attribute;

/// <summary>Marks an optional property for which null is an error: in a change, null could be meant as "remove it".</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RefusesNullAttribute : Attribute;
