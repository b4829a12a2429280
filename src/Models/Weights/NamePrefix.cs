namespace ModelService.Models.Weights;

/// <summary>
/// Finds the prefix that a wrapper around a module, such as DataParallel, puts before all tensor names.
/// </summary>
internal static class NamePrefix
{
    private static readonly string[] Known = ["module.", "model.", "network."];

    /// <summary>
    /// Finds the longest chain of known prefixes with which every stored name begins, but no expected name.
    /// </summary>
    /// <returns>The prefix, or an empty string.</returns>
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
