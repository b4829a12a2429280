namespace ModelService.Models.Language.Analysis;

/// <summary>The keys in use under one parent, as an <c>nn.Module</c>'s children have them.</summary>
/// <param name="prefix">What every key begins with: <c>layer1.0.</c>, or nothing at the top.</param>
internal sealed class KeyScope(string prefix)
{
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);
    private int position;

    /// <summary>The key of the next layer: its name, or else its position. Named layers use up a position too.</summary>
    public string Next(string? name)
    {
        var key = name ?? $"{position}";
        position++;
        return key;
    }

    /// <summary>Takes a key; false when another layer has it.</summary>
    public bool Take(string key) => taken.Add(key);

    /// <summary>The full name of something under this parent.</summary>
    public string Full(string key) => prefix + key;
}
