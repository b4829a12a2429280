using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Decoding;

/// <summary>What a decoder has to know.</summary>
/// <param name="Alpha">What becomes of transparency.</param>
/// <param name="ColorProfile">What becomes of an embedded colour profile.</param>
/// <param name="MaxPixels">Most pixels.</param>
/// <param name="MayHalve">Whether a picture of this width and height may be decoded at half of it.</param>
internal sealed record DecodeSettings(
    AlphaHandling Alpha,
    ColorProfile ColorProfile,
    long MaxPixels,
    Func<int, int, bool> MayHalve
);
