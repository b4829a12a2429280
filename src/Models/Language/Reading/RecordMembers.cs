using System.Collections.Concurrent;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using ModelService.Models.Errors;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// What a record says of itself: its settable properties with their JSON names, defaults, ranges and meanings. The reader, the layer
/// catalogue and the documentation are all made from this, so they can't disagree.
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

    private static int InheritanceDepth(Type type) => type.BaseType is { } parent ? 1 + InheritanceDepth(parent) : 0;
}

/// <summary>One settable property of a record.</summary>
internal sealed class RecordMember(PropertyInfo property, object? defaultValue)
{
    /// <summary>The property's name in JSON.</summary>
    public string Name { get; } = WireNames.Of(property);

    /// <summary>The property's type, without <see cref="Nullable{T}"/>.</summary>
    public Type Type { get; } = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    /// <summary>Whether JSON must give it.</summary>
    public bool Required { get; } = property.IsDefined(typeof(RequiredMemberAttribute));

    /// <summary>What it is when JSON doesn't give it.</summary>
    public object? Default { get; } = defaultValue;

    /// <summary>What it means, in a line.</summary>
    public string Meaning { get; } = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";

    /// <summary>Least and greatest number, for each number in it.</summary>
    public RangeAttribute? Range { get; } = property.GetCustomAttribute<RangeAttribute>();

    /// <summary>How many elements a list must have.</summary>
    public int MinLength { get; } = property.GetCustomAttribute<MinLengthAttribute>()?.Length ?? 0;

    /// <summary>How many elements a list may have.</summary>
    public int MaxLength { get; } = property.GetCustomAttribute<MaxLengthAttribute>()?.Length ?? int.MaxValue;

    /// <summary>What a text must look like.</summary>
    public RegularExpressionAttribute? Pattern { get; } = property.GetCustomAttribute<RegularExpressionAttribute>();

    /// <summary>Whether a layer may be given by its type's name alone.</summary>
    public bool TakesTypeName { get; } = property.IsDefined(typeof(TakesTypeNameAttribute));

    /// <summary>Gives the property its value on a record that is being read.</summary>
    public void Set(object record, object? value) => property.SetValue(record, value);

    /// <summary>The property's value.</summary>
    public object? Get(object record) => property.GetValue(record);
}

/// <summary>Marks a layer property that also takes the layer's type as a text: <c>"relu"</c> for <c>{"type": "relu"}</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TakesTypeNameAttribute : Attribute;
