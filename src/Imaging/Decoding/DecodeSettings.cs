using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Decoding;

/// <summary>How a decoder decodes a picture, and how large the picture may be.</summary>
/// <param name="Alpha">How transparency is handled.</param>
/// <param name="ColorProfile">How an embedded colour profile is handled.</param>
/// <param name="MaxPixels">Maximum number of pixels, width times height.</param>
/// <param name="MayHalve">Tells whether a picture of a given width and height may be decoded at half its size.</param>
internal sealed record DecodeSettings(
    AlphaHandling Alpha,
    ColorProfile ColorProfile,
    long MaxPixels,
    Func<int, int, bool> MayHalve
);
