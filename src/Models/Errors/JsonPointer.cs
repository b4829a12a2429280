namespace ModelService.Models.Errors;

/// <summary>Builds JSON Pointers (RFC 6901), which name a location in a JSON document.</summary>
public static class JsonPointer
{
    /// <summary>
    /// Appends a property: <c>/layers/4</c> and <c>kernel_size</c> give <c>/layers/4/kernel_size</c>.
    /// </summary>
    /// <param name="pointer">Pointer to the object.</param>
    /// <param name="property">Name of the property, not escaped.</param>
    public static string Append(string pointer, string property)
    {
        var escaped = property
            .Replace("~", "~0", StringComparison.Ordinal)
            .Replace("/", "~1", StringComparison.Ordinal);
        return $"{pointer}/{escaped}";
    }

    /// <summary>Appends the index of an element.</summary>
    /// <param name="pointer">Pointer to the list.</param>
    /// <param name="index">Index of the element, from 0.</param>
    public static string Append(string pointer, int index) => $"{pointer}/{index}";
}
