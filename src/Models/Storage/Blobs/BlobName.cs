namespace ModelService.Models.Storage.Blobs;

/// <summary>The names of blobs: SHA-256 in lower hexadecimal.</summary>
internal static class BlobName
{
    private const int Length = 64;

    /// <summary>Whether a text is the name of a blob.</summary>
    /// <param name="text">The text.</param>
    public static bool IsOne(string text) => text.Length == Length && text.All(char.IsAsciiHexDigitLower);
}
