using System.Collections.Frozen;
using System.Reflection;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Layers;

/// <summary>All kinds of layers.</summary>
internal static class LayerCatalogue
{
    /// <summary>The kinds, by name in alphabetical order.</summary>
    public static IReadOnlyList<LayerKind> All { get; } =
    [
        .. typeof(LayerCatalogue)
            .Assembly.GetTypes()
            .Select(type => (Type: type, Attribute: type.GetCustomAttribute<LayerAttribute>()))
            .Where(pair => pair.Attribute is not null)
            .Select(pair => new LayerKind(
                pair.Attribute!.Name,
                pair.Attribute.Meaning,
                pair.Attribute.ClassName,
                pair.Type
            ))
            .OrderBy(kind => kind.Name, StringComparer.Ordinal),
    ];

    /// <summary>The kinds by their value of <c>"type"</c>.</summary>
    public static FrozenDictionary<string, LayerKind> ByName { get; } =
        All.ToFrozenDictionary(kind => kind.Name, StringComparer.Ordinal);

    /// <summary>The kinds by the record that holds their parameters.</summary>
    public static FrozenDictionary<Type, LayerKind> ByType { get; } = All.ToFrozenDictionary(kind => kind.Type);

    /// <summary>The value of <c>"type"</c> for a layer.</summary>
    public static string NameOf(LayerDefinition layer) =>
        ByType.TryGetValue(layer.GetType(), out var kind) ? kind.Name : "unreadable";
}

/// <summary>One kind of layer.</summary>
/// <param name="Name">Value of <c>"type"</c> in JSON.</param>
/// <param name="Meaning">Description of the layer in one line.</param>
/// <param name="ClassName">Name of the class in torch.nn, such as <c>Conv2d</c>.</param>
/// <param name="Type">The record that holds its parameters.</param>
internal sealed record LayerKind(string Name, string Meaning, string ClassName, Type Type)
{
    /// <summary>The layer's parameters.</summary>
    public RecordMembers Members => RecordMembers.From(Type);
}
