namespace ModelService.Models.Language.Layers;

/// <summary>Enters a layer kind in the catalogue.</summary>
/// <param name="name">Value of <c>"type"</c> in JSON.</param>
/// <param name="meaning">Description of the layer in one line.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class LayerAttribute(string name, string meaning) : Attribute
{
    /// <summary>Value of <c>"type"</c> in JSON.</summary>
    public string Name { get; } = name;

    /// <summary>Description of the layer in one line.</summary>
    public string Meaning { get; } = meaning;

    /// <summary>Name of the class in torch.nn; as a rule like <c>MaxPool2d</c> for <c>max_pool2d</c>.</summary>
    public string ClassName { get; init; } =
        string.Concat(name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}
