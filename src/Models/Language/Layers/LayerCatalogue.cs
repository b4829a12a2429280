using System.Collections.Frozen;
using System.Reflection;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Layers;

/// <summary>Every kind of layer there is.</summary>
internal static class LayerCatalogue
{
    /// <summary>The kinds, by name in alphabetical order.</summary>
    public static IReadOnlyList<LayerKind> All { get; } =
    [
        .. typeof(LayerCatalogue)
            .Assembly.GetTypes()
            .Select(type => (Type: type, Attribute: type.GetCustomAttribute<LayerAttribute>()))
            .Where(pair => pair.Attribute is not null)
            .Select(pair => new LayerKind(pair.Attribute!.Name, pair.Attribute.Meaning, pair.Type))
            .OrderBy(kind => kind.Name, StringComparer.Ordinal),
    ];

    /// <summary>The kinds by what <c>"type"</c> says.</summary>
    public static FrozenDictionary<string, LayerKind> ByName { get; } =
        All.ToFrozenDictionary(kind => kind.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, LayerKind> ByType = All.ToFrozenDictionary(kind => kind.Type);

    /// <summary>What <c>"type"</c> says for a layer.</summary>
    public static string NameOf(LayerDefinition layer) =>
        ByType.TryGetValue(layer.GetType(), out var kind) ? kind.Name : "unreadable";
}

/// <summary>One kind of layer.</summary>
/// <param name="Name">What <c>"type"</c> says in JSON.</param>
/// <param name="Meaning">What it does, in a line.</param>
/// <param name="Type">The record that holds its parameters.</param>
internal sealed record LayerKind(string Name, string Meaning, Type Type)
{
    /// <summary>Its parameters.</summary>
    public RecordMembers Members => RecordMembers.From(Type);
}
