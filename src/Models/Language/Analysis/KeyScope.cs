using System.Text;

namespace ModelService.Models.Language.Analysis;

/// <summary>The keys in use under one parent, like the names of an <c>nn.Module</c>'s children.</summary>
/// <param name="prefix">The beginning of every full key, such as <c>layer1.0.</c>; empty at the top level.</param>
internal sealed class KeyScope(string prefix)
{
    /// <summary>
    /// Most bytes of a key. With the names of a layer's tensors after it, it is within the limit of a weights file.
    /// </summary>
    private const int MaxBytes = 960;

    private const string Remedy = "give this layer another name";

    private readonly HashSet<string> taken = new(StringComparer.Ordinal);
    private int position;

    /// <summary>The key of the next layer: its name, else its position. Named layers count as positions, too.</summary>
    public string Next(string? name)
    {
        var key = name ?? $"{position}";
        position++;
        return key;
    }

    /// <summary>Marks a key as taken.</summary>
    /// <returns>Sentences about the reasons why a layer can't have it; none if it can.</returns>
    public IEnumerable<string> Take(string key)
    {
        if (!taken.Add(key))
            yield return $"The key '{Full(key)}' is taken by another layer at the same level: {Remedy}.";
        if (ModuleAttributes.Contains(key))
        {
            yield return $"'{key}' is an attribute of PyTorch's nn.Module, so add_module refuses it as a layer's name: "
                + $"{Remedy}.";
        }

        if (Encoding.UTF8.GetByteCount(Full(key)) is > MaxBytes and var bytes)
        {
            yield return $"The layer's key has {bytes} bytes with those of the blocks around it; at most {MaxBytes} "
                + $"are allowed: {Remedy}.";
        }
    }

    /// <summary>The full key, with the prefix.</summary>
    public string Full(string key) => prefix + key;
}
