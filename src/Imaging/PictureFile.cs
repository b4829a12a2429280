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
}
