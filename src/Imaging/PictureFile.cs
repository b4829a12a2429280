using ModelService.Imaging.Decoding;

namespace ModelService.Imaging;

/// <summary>Tells pictures from other bytes.</summary>
public static class PictureFile
{
    /// <summary>
    /// Whether the first bytes are those of a supported picture, or of a HEIC picture or a video, which a decoder
    /// refuses by name.
    /// </summary>
    /// <param name="bytes">The whole file.</param>
    public static bool IsRecognized(ReadOnlySpan<byte> bytes) =>
        MagicBytes.Find(bytes) is not null || MediaBrands.Read(bytes) is not null;

    /// <summary>The content type of a supported picture, by its first bytes; null for other bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    public static string? FindContentType(ReadOnlySpan<byte> bytes) =>
        MagicBytes.Find(bytes) is { } format ? ContentTypeOf(format) : null;

    /// <summary>The content type of a format.</summary>
    internal static string ContentTypeOf(ImageFormat format) => $"image/{format.ToString().ToLowerInvariant()}";
}
