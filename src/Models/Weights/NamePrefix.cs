namespace ModelService.Models.Weights;

/// <summary>Finds the prefix that wrappers around a module leave on all of its names.</summary>
internal static class NamePrefix
{
    private static readonly string[] Known = ["module.", "model.", "network."];

    /// <returns>What every stored name begins with and no wanted one does, made of the known prefixes; or nothing.</returns>
    public static string Find(IReadOnlyCollection<string> expected, IReadOnlyCollection<string> stored)
    {
        var found = "";
        if (stored.Count == 0)
            return found;
        while (Known.FirstOrDefault(prefix => IsUniform(found + prefix)) is { } next)
            found += next;
        return found;

        bool IsUniform(string prefix) =>
            stored.All(name => name.StartsWith(prefix, StringComparison.Ordinal))
            && !expected.Any(name => name.StartsWith(prefix[found.Length..], StringComparison.Ordinal));
    }
}
