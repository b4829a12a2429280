using System.Globalization;
using NetVips;

namespace ModelService.Imaging.Decoding;

/// <summary>
/// Decides by a TIFF's tags what its samples mean, refuses by name the kinds that can't be converted to RGB, and
/// converts the ones that libvips leaves as they are stored.
/// </summary>
internal static class TiffColors
{
    private const int Separated = 5;
    private const int YCbCr = 6;
    private const int Rgb = 2;
    private const int Palette = 3;
    private const int SeparatePlanes = 2;
    private const int OldJpeg = 6;
    private const int Jpeg = 7;

    // None, the three of CCITT, LZW, both of JPEG, Deflate, PackBits, and Deflate's old number.
    private static readonly int[] Compressions = [1, 2, 3, 4, 5, OldJpeg, Jpeg, 8, 32773, 32946];

    /// <summary>Refuses a TIFF whose samples can't be decoded or converted to RGB.</summary>
    /// <param name="tags">The tags of the first page.</param>
    /// <exception cref="ImageException">The kind is not supported; the message names it.</exception>
    public static void Check(TiffTags tags)
    {
        if (tags.Find(TiffTags.Compression) is { } compression && !Compressions.Contains(compression))
        {
            throw Unsupported(
                $"is compressed with {CompressionName(compression)}; LZW, Deflate, PackBits, JPEG, CCITT and no "
                    + "compression are supported. Save it with one of these"
            );
        }

        if (tags.Find(TiffTags.Photometric) is not { } photometric)
            return;
        if (photometric is not (0 or 1 or Rgb or Palette or Separated or YCbCr))
        {
            throw Unsupported(
                $"has colours of type {ColorName(photometric)}; gray, palette, RGB, YCbCr and CMYK are supported. "
                    + "Convert it to RGB"
            );
        }

        if (photometric == Separated && tags.Find(TiffTags.InkSet) is { } inks and not 1)
            throw Unsupported($"is separated into inks other than CMYK (InkSet {inks}). Convert it to RGB");
        CheckBits(tags, photometric);
        CheckPlanes(tags, photometric);
    }

    /// <summary>Whether the sample that follows the colours is said to be something else than alpha.</summary>
    /// <param name="tags">The tags of the first page.</param>
    public static bool HaveNoAlpha(TiffTags tags) => tags.Find(TiffTags.ExtraSamples) is not (null or 1 or 2 or 999);

    /// <summary>
    /// Whether libvips would hand over Y, Cb and Cr. It converts them to RGB only where the chroma is subsampled, or
    /// JPEG's own conversion does.
    /// </summary>
    /// <param name="tags">The tags of the first page.</param>
    public static bool AreYCbCr(TiffTags tags) =>
        tags.Find(TiffTags.Photometric) == YCbCr
        && tags.Find(TiffTags.Compression) switch
        {
            OldJpeg => false,
            Jpeg => tags.Find(TiffTags.PlanarConfiguration) == SeparatePlanes,
            _ => tags.FindAll(TiffTags.YCbCrSubsampling) is [1, 1, ..],
        };

    /// <summary>
    /// Copies a TIFF of Y, Cb and Cr and calls them RGB in the copy. libvips reads separate planes right only if they
    /// are RGB.
    /// </summary>
    /// <param name="tiff">The whole file.</param>
    /// <param name="tags">The tags of the first page.</param>
    /// <exception cref="ImageException">The tag is not a short, as it must be.</exception>
    public static byte[] LabelRgb(ReadOnlySpan<byte> tiff, TiffTags tags)
    {
        var copy = tiff.ToArray();
        copy[tags.PhotometricPlace ?? throw DecodeError.Create(ImageFormat.Tiff)] = Rgb;
        return copy;
    }

    /// <summary>Converts Y, Cb and Cr to RGB as libtiff's RGBA reading does (TIFF 6.0, section 21).</summary>
    /// <param name="image">The image of Y, Cb and Cr, 8 bits each.</param>
    /// <param name="tags">The tags of the first page.</param>
    /// <returns>The image of RGB; the caller disposes it.</returns>
    /// <exception cref="ImageException">The tags' coefficients are not numbers to compute with.</exception>
    public static Image ConvertYCbCr(Image image, TiffTags tags)
    {
        var luma = tags.FindAll(TiffTags.YCbCrCoefficients) ?? [0.299, 0.587, 0.114];
        var range = tags.FindAll(TiffTags.ReferenceBlackWhite) ?? [0, 255, 128, 255, 128, 255];
        if (luma.Count < 3 || range.Count < 6 || !luma.Concat(range).All(double.IsFinite) || luma[1] == 0)
            throw DecodeError.Create(ImageFormat.Tiff);

        double[] scales = [255 / Span(range, 0), 127 / Span(range, 2), 127 / Span(range, 4)];
        double[] offsets = [.. scales.Select((scale, channel) => -range[2 * channel] * scale)];
        var red = Math.Clamp(2 - (2 * luma[0]), 0, 2);
        var blue = Math.Clamp(2 - (2 * luma[2]), 0, 2);
        using var matrix = Image.NewFromArray(
            new[,]
            {
                { 1, 0, red },
                { 1, -Math.Clamp(luma[2] * blue / luma[1], 0, 2), -Math.Clamp(luma[0] * red / luma[1], 0, 2) },
                { 1, blue, 0 },
            }
        );
        using var centered = image.Linear(scales, offsets);
        using var rgb = centered.Recomb(matrix);
        using var rounded = rgb.Rint();
        using var bytes = rounded.Cast(Enums.BandFormat.Uchar);
        return bytes.Copy(interpretation: Enums.Interpretation.Srgb);
    }

    private static double Span(IReadOnlyList<double> range, int first) =>
        range[first + 1] == range[first] ? 1 : range[first + 1] - range[first];

    private static void CheckBits(TiffTags tags, int photometric)
    {
        var bits = tags.FindAll(TiffTags.BitsPerSample) ?? [1];
        if (bits.Distinct().Count() > 1)
            throw Unsupported($"has samples of {string.Join(", ", bits)} bits; samples of one size are supported");
        var isColor = photometric is Rgb or Separated or YCbCr;
        if (photometric == YCbCr && bits[0] != 8)
            throw Unsupported($"has YCbCr samples of {Count(bits[0])}; 8 bits are supported");
        var samples = tags.Find(TiffTags.SamplesPerPixel) ?? 1;
        if (photometric == YCbCr && samples != 3)
            throw Unsupported($"has {samples} samples of YCbCr; 3 are supported");
        if (photometric == Palette && (bits[0] > 8 || samples > 2))
        {
            throw Unsupported(
                $"has a palette and {samples} samples of {Count(bits[0])}; 1 of at most 8 bits is supported"
            );
        }

        if (samples > 1 && bits[0] < 8)
            throw Unsupported($"has {samples} samples of {Count(bits[0])}; 8 and 16 bits are supported");

        // Samples of 32 and 64 bits are told by their type as well, when the picture is opened.
        if (bits[0] is not (8 or 16 or 32 or 64) && (isColor || bits[0] is not (1 or 2 or 4)))
        {
            throw Unsupported(
                $"has samples of {Count(bits[0])}; {(isColor ? "8 and 16" : "1, 2, 4, 8 and 16")} bits are supported"
            );
        }
    }

    private static void CheckPlanes(TiffTags tags, int photometric)
    {
        if (
            tags.Find(TiffTags.PlanarConfiguration) != SeparatePlanes
            || tags.Find(TiffTags.SamplesPerPixel) is null or 1
        )
        {
            return;
        }

        if (tags.Find(TiffTags.TileWidth) is not null)
            throw Unsupported("has separate planes in tiles. Save it with its samples together, or in strips");
        if (photometric == YCbCr && tags.FindAll(TiffTags.YCbCrSubsampling) is not [1, 1, ..])
            throw Unsupported("has subsampled YCbCr in separate planes. Convert it to RGB");
        if (photometric is not (Rgb or Separated or YCbCr))
            throw Unsupported("has gray or a palette and alpha in separate planes. Save it with its samples together");
    }

    private static string Count(double bits) => bits == 1 ? "1 bit" : FormattableString.Invariant($"{bits} bits");

    private static string CompressionName(int compression) =>
        compression switch
        {
            9 or 10 or 34661 => "JBIG",
            32766 => "NeXT",
            32771 => "CCITT by words",
            32809 => "ThunderScan",
            32909 => "PixarLog",
            33003 or 33004 or 33005 or 34712 => "JPEG 2000",
            34676 or 34677 => "SGI Log",
            34887 => "LERC",
            34925 => "LZMA",
            34934 => "JPEG XR",
            50000 => "Zstandard (ZSTD)",
            50001 => "WebP",
            50002 or 52546 => "JPEG XL",
            _ => string.Create(CultureInfo.InvariantCulture, $"an unknown method ({compression})"),
        };

    private static string ColorName(int photometric) =>
        photometric switch
        {
            4 => "transparency mask",
            8 => "CIE Lab (LAB)",
            9 => "ICC Lab (ICCLAB)",
            10 => "ITU Lab (ITULAB)",
            32803 or 34892 => "camera raw (DNG)",
            32844 => "LogL",
            32845 => "LogLuv",
            51177 => "depth map",
            _ => string.Create(CultureInfo.InvariantCulture, $"{photometric}, which is unknown"),
        };

    private static ImageException Unsupported(string found) =>
        new(ImageFault.Undecodable, $"The TIFF picture {found}.");
}
