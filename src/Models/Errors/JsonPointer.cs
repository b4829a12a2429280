namespace ModelService.Models.Errors;

/// <summary>Builds JSON Pointers (RFC 6901), which say where in a document something stands.</summary>
internal static class JsonPointer
{
    /// <summary>The pointer of a property: <c>/layers/4</c> + <c>kernel_size</c> gives <c>/layers/4/kernel_size</c>.</summary>
    public static string Append(string pointer, string property) =>
        $"{pointer}/{property.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    /// <summary>The pointer of a list's element.</summary>
    public static string Append(string pointer, int index) => $"{pointer}/{index}";
}
