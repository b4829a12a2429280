namespace ModelService.Models.Language.Analysis;

/// <summary>The keys in use under one parent, like the names of an <c>nn.Module</c>'s children.</summary>
/// <param name="prefix">The beginning of every full key, such as <c>layer1.0.</c>; empty at the top level.</param>
internal sealed class KeyScope(string prefix)
{
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);
    private int position;

    /// <summary>The key of the next layer: its name, else its position. Named layers count as positions, too.</summary>
    public string Next(string? name)
    {
        var key = name ?? $"{position}";
        position++;
        return key;
    }

    /// <summary>Marks a key as taken; false when another layer has it.</summary>
    public bool Take(string key) => taken.Add(key);

    /// <summary>The full key, with the prefix.</summary>
    public string Full(string key) => prefix + key;
}
