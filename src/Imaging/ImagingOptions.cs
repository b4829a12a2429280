using System.ComponentModel.DataAnnotations;

namespace ModelService.Imaging;

/// <summary>
/// How large a picture may be, and how it is decoded. A larger picture is rejected with <c>image_too_large</c> before
/// it is decoded.
/// </summary>
public sealed class ImagingOptions
{
    /// <summary>Configuration section bound to these options, inside <c>ModelService</c>.</summary>
    public const string Section = "ModelService:Imaging";

    /// <summary>
    /// Longest side of a picture, in pixels, before and after the resize: the limit of JPEG itself. It also bounds the
    /// tables of the resize.
    /// </summary>
    internal const int MaxSide = 65_535;

    /// <summary>
    /// Maximum number of pixels (width times height) of a picture, before and after the resize. Decoding needs up to 8
    /// bytes of memory per pixel if the format can't be decoded row by row (interlaced PNG, progressive JPEG, WebP,
    /// AVIF), or if the picture must be turned. A JPEG that is decoded row by row at half its size (see
    /// <see cref="DecodeHalf"/>) may have four times as many.
    /// </summary>
    /// <value>Pixels; 1 to 1,000,000,000; default 64,000,000: all phones of 50 megapixels, and JPEGs of 200.</value>
    [Range(typeof(long), "1", "1000000000")]
    public long MaxPixels { get; init; } = 64_000_000;

    /// <summary>
    /// Maximum number of pixels of all pictures in one prediction request together. It bounds the time that decoding
    /// one request takes, since pictures of few bytes can have many pixels. A request with more is rejected before any
    /// of its pictures is decoded.
    /// </summary>
    /// <value>Pixels; 1 to 1,000,000,000,000; default 400,000,000: 32 photos of 12 megapixels.</value>
    [Range(typeof(long), "1", "1000000000000")]
    public long MaxRequestPixels { get; init; } = 400_000_000;

    /// <summary>Maximum size of an encoded picture.</summary>
    /// <value>Bytes; 1 to 1,073,741,824; default 67,108,864 (64 MiB).</value>
    [Range(1, 1 << 30)]
    public int MaxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// The library that decodes pictures. <c>Libvips</c> reads all formats and is fast. <c>ImageSharp</c> is managed
    /// code, so that a damaged file can't harm the process' memory. It reads JPEG, PNG, WebP, GIF and BMP, decodes each
    /// picture whole, takes two to five times as long, and converts no colour profiles. Values of 0 to 255 may differ
    /// from those of libvips by 3; with subsampled chroma by up to 56, and by 1.3 on average.
    /// </summary>
    /// <value><c>Libvips</c> or <c>ImageSharp</c>, in any case; default <c>Libvips</c>.</value>
    public DecoderLibrary Decoder { get; init; } = DecoderLibrary.Libvips;

    /// <summary>
    /// Whether large JPEGs are decoded at half their size if the resize shrinks each side to an eighth or less. That
    /// takes half the time. Single values of 0 to 255 may then differ by a few levels from those of a full decode, and
    /// by 0.2 on average.
    /// </summary>
    /// <value><c>true</c> or <c>false</c>; default <c>true</c>.</value>
    public bool DecodeHalf { get; init; } = true;
}
