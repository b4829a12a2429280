namespace ModelService.Models.Weights;

/// <summary>The names in the architecture of a state dict's tensors.</summary>
/// <param name="Prefix">
/// The prefix that the names of the network's tensors have in the file; usually empty. Other tensors don't belong to
/// the network.
/// </param>
/// <param name="Choices">The prefixes that fit equally well, with the number of tensors, if there are several.</param>
/// <param name="Fitting">Number of the architecture's tensors that fit by name and shape, without counters.</param>
/// <param name="IsComplete">Whether all of the architecture's tensors fit.</param>
/// <param name="Copies">
/// Prefixes of whole copies of the network beside it, such as the average of its weights; only if the network's own
/// names have no prefix.
/// </param>
/// <param name="Cleaned">The names without wrappers inside, by the name in the file; only those that differ.</param>
internal sealed record NameMapping(
    string Prefix,
    IReadOnlyList<KeyValuePair<string, int>> Choices,
    int Fitting,
    bool IsComplete,
    IReadOnlyList<string> Copies,
    IReadOnlyDictionary<string, string> Cleaned
)
{
    /// <summary>
    /// The name in the architecture of a name in the file; null if the tensor is beside the prefix or in a copy.
    /// </summary>
    public string? Find(string name)
    {
        var cleaned = Cleaned.GetValueOrDefault(name, name);
        if (Copies.Any(copy => cleaned.StartsWith(copy, StringComparison.Ordinal)))
            return null;
        return cleaned.StartsWith(Prefix, StringComparison.Ordinal) ? cleaned[Prefix.Length..] : null;
    }

    /// <summary>A sentence for the client if there are several prefixes to choose from; otherwise null.</summary>
    public string? Explain()
    {
        if (Choices.Count == 0)
            return null;
        var names = string.Join(
            ", ",
            Choices.Take(8).Select(choice => $"{Unreadable.Quote(choice.Key)} ({choice.Value} tensors)")
        );
        return $"The names fit with more than one prefix: {names}. "
            + $"Choose one in the query (prefix={Unreadable.Shorten(Choices[0].Key.TrimEnd('.'))}, for instance).";
    }
}
