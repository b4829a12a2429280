namespace ModelService.Models.Language.Layers;

/// <summary>Enters a layer kind in the catalogue.</summary>
/// <param name="name">What <c>"type"</c> says in JSON.</param>
/// <param name="meaning">What it does, in a line.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class LayerAttribute(string name, string meaning) : Attribute
{
    /// <summary>What <c>"type"</c> says in JSON.</summary>
    public string Name { get; } = name;

    /// <summary>What it does, in a line.</summary>
    public string Meaning { get; } = meaning;
}
