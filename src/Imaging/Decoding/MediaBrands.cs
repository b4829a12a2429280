using System.Buffers.Binary;
using System.Text;

namespace ModelService.Imaging.Decoding;

/// <summary>
/// The brands of a file in the ISO base media format (ISO/IEC 14496-12), the container of AVIF, HEIC and videos. They
/// tell these apart.
/// </summary>
/// <param name="Brands">The major brand, then those that the file is compatible with. Four characters each.</param>
internal sealed record MediaBrands(IReadOnlyList<string> Brands)
{
    private const int FirstBrand = 8;
    private const int MaxBrands = 32;

    private static readonly string[] Hevc = ["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"];

    // The brands that any picture in this container may have as its major one.
    private static readonly string[] AnyPicture = ["mif1", "mif2", "miaf", "msf1"];

    /// <summary>Whether the file is an AVIF picture.</summary>
    public bool IsAvif => Brands[0] is "avif" or "avis" || (AnyPicture.Contains(Brands[0]) && Brands.Contains("avif"));

    /// <summary>Reads the brands; null when the file is not in this format.</summary>
    /// <param name="file">The whole file.</param>
    public static MediaBrands? Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < FirstBrand + 4 || !file[4..].StartsWith("ftyp"u8))
            return null;
        var size = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(file), FirstBrand + (4 * MaxBrands));
        var brands = new List<string> { Brand(file, FirstBrand) };

        // Four bytes of version follow the major brand.
        for (var i = FirstBrand + 8; i + 4 <= Math.Min(size, file.Length); i += 4)
            brands.Add(Brand(file, i));
        return new MediaBrands(brands);
    }

    /// <summary>Names the format, for a message.</summary>
    public string Describe() =>
        0 switch
        {
            _ when IsAvif => "an AVIF picture",
            _ when Brands.Any(brand => Hevc.Contains(brand)) =>
                "a HEIC picture (HEIF with HEVC), as iPhones take them. Send it as JPEG: on an iPhone, set Camera, "
                    + "Formats to Most Compatible, or share the photo instead of its file",
            _ when AnyPicture.Contains(Brands[0]) => "a HEIF picture. Send it as JPEG",
            _ when Brands[0] == "crx " => "a camera's raw file (CR3). Send its photo as JPEG",
            _ => "a video",
        };

    private static string Brand(ReadOnlySpan<byte> file, int start) => Encoding.Latin1.GetString(file.Slice(start, 4));
}
