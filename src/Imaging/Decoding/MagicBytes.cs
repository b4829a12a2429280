namespace ModelService.Imaging.Decoding;

/// <summary>
/// Identifies an image format by the file's first bytes, so that only supported formats reach a native library. File
/// names and content types are ignored, because the client chooses them.
/// </summary>
internal static class MagicBytes
{
    private const string Supported = "JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF are supported.";

    /// <summary>Identifies the format of a file.</summary>
    /// <param name="encoded">The whole file.</param>
    /// <exception cref="ImageException">The file is empty, or its format is not supported.</exception>
    public static ImageFormat Identify(ReadOnlySpan<byte> encoded) =>
        encoded.IsEmpty ? throw new ImageException(ImageFault.Undecodable, "The picture is empty (0 bytes).")
        : Find(encoded) is { } format ? format
        : throw new ImageException(ImageFault.Undecodable, $"The bytes are {Describe(encoded)}; {Supported}");

    /// <summary>Finds the format of a file; null when it is not supported.</summary>
    /// <param name="encoded">The whole file.</param>
    public static ImageFormat? Find(ReadOnlySpan<byte> encoded) =>
        encoded switch
        {
            [0xFF, 0xD8, 0xFF, ..] => ImageFormat.Jpeg,
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => ImageFormat.Png,
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] =>
                ImageFormat.WebP,
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => ImageFormat.Gif,
            [(byte)'B', (byte)'M', ..] => ImageFormat.Bmp,
            [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..] => ImageFormat.Tiff,
            _ when MediaBrands.Read(encoded) is { IsAvif: true } => ImageFormat.Avif,
            _ => null,
        };

    private static string Describe(ReadOnlySpan<byte> encoded)
    {
        var text = encoded[..Math.Min(encoded.Length, 512)];
        text = text.StartsWith("\uFEFF"u8) ? text[3..] : text;
        text = text.TrimStart(" \t\r\n"u8);
        return 0 switch
        {
            _ when encoded.StartsWith("%PDF"u8) => "a PDF document",
            _ when encoded.StartsWith("PK"u8) => "a ZIP archive",
            _ when encoded is [0x1F, 0x8B, ..] => "gzip data",
            _ when MediaBrands.Read(encoded) is { } brands => brands.Describe(),
            _ when encoded.StartsWith("\0\0\0\fJXL "u8) || encoded is [0xFF, 0x0A, ..] => "a JPEG XL picture",
            _ when encoded.StartsWith("\0\0\0\fjP  "u8) => "a JPEG 2000 picture",
            _ when encoded is [0, 0, 1, 0, ..] => "a Windows icon",
            _ when encoded.StartsWith("8BPS"u8) => "a Photoshop document",
            _ when encoded is [(byte)'P', >= (byte)'1' and <= (byte)'7', (byte)' ' or (byte)'\n', ..] =>
                "a Netpbm picture",
            _ when text.IndexOf("<svg"u8) >= 0 => "an SVG document",
            _ when StartsWithIgnoreCase(text, "<!doctype html") || StartsWithIgnoreCase(text, "<html") =>
                "an HTML page",
            _ when text.StartsWith("<"u8) => "an XML or HTML document",
            _ when text.IndexOfAnyExceptInRange((byte)' ', (byte)'~') is var other
                    && (other < 0 || text[other] is 9 or 10 or 13) => "text",
            _ => "of an unknown format",
        };
    }

    private static bool StartsWithIgnoreCase(ReadOnlySpan<byte> text, string start) =>
        text.Length >= start.Length && System.Text.Ascii.EqualsIgnoreCase(text[..start.Length], start);
}
