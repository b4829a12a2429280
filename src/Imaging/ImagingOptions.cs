using System.ComponentModel.DataAnnotations;

namespace ModelService.Imaging;

/// <summary>How big a picture may be, and how it is decoded. What is bigger is refused with <see cref="ImageFault.TooLarge"/> before that.</summary>
public sealed class ImagingOptions
{
    /// <summary>Configuration section bound to these options, inside <c>ModelService</c>.</summary>
    public const string Section = "ModelService:Imaging";

    /// <summary>Longest side of a picture, before and after the resize; what JPEG can express. Keeps the resize's tables small.</summary>
    internal const int MaxSide = 65_535;

    /// <summary>Most pixels (width times height) of a picture, before and after the resize. Decoding takes up to 8 bytes for each
    /// where the format has no rows to read one by one (interlaced PNG, progressive JPEG, WebP) or the picture must be turned.</summary>
    /// <value>Pixels; 1 to 1,000,000,000; default 50,000,000.</value>
    [Range(typeof(long), "1", "1000000000")]
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary>Most bytes of an encoded picture.</summary>
    /// <value>Bytes; 1 to 1,073,741,824; default 33,554,432 (32 MiB).</value>
    [Range(1, 1 << 30)]
    public int MaxBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>
    /// Whether large JPEGs, of which eight or more pixels a side become one, are decoded at half their size. That takes half the time; single values
    /// may then differ from those of the whole picture by a few of 255 levels, and by 0.2 on average.
    /// </summary>
    /// <value><c>true</c> or <c>false</c>; default <c>true</c>.</value>
    public bool DecodeHalf { get; init; } = true;
}
