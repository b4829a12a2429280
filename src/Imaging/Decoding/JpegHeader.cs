using System.Buffers.Binary;

namespace ModelService.Imaging.Decoding;

/// <summary>What the markers of a JPEG say before its first scan.</summary>
/// <param name="Width">Width, in pixels.</param>
/// <param name="Height">Height, in pixels.</param>
/// <param name="Precision">Bits per sample.</param>
/// <param name="Components">Samples per pixel.</param>
/// <param name="Process">The coding process: the marker of the frame, 0xC0 to 0xCF.</param>
/// <param name="ScanComponents">Components of the first scan.</param>
/// <param name="DataStart">Offset of the first scan's data.</param>
internal sealed record JpegHeader(
    int Width,
    int Height,
    int Precision,
    int Components,
    int Process,
    int ScanComponents,
    int DataStart
)
{
    private const int StartOfScan = 0xDA;
    private const int EndOfImage = 0xD9;

    /// <summary>
    /// Whether the picture can be decoded row by row. Otherwise libjpeg holds the coefficients of the whole picture.
    /// </summary>
    public bool IsSequential => Process is 0xC0 or 0xC1 && ScanComponents == Components;

    /// <summary>A name of the coding process if libjpeg does not read it; else null.</summary>
    public string? UnsupportedProcess =>
        Process switch
        {
            0xC3 or 0xCB => "lossless coding",
            0xC5 or 0xC6 or 0xC7 or 0xCD or 0xCE or 0xCF => "hierarchical coding",
            _ when Precision != 8 => FormattableString.Invariant($"samples of {Precision} bits"),
            _ => null,
        };

    /// <summary>Reads the markers; null when they are damaged or cut short.</summary>
    /// <param name="jpeg">The whole file; starts with a JPEG's magic bytes.</param>
    public static JpegHeader? Read(ReadOnlySpan<byte> jpeg)
    {
        JpegHeader? header = null;
        var position = 2;
        while (true)
        {
            // Like libjpeg: skips bytes that are no marker, and repeated 0xFF before one.
            var next = jpeg[position..].IndexOf((byte)0xFF);
            if (next < 0)
                return null;
            position += next;
            while (position < jpeg.Length && jpeg[position] == 0xFF)
                position++;
            if (position + 3 > jpeg.Length)
                return null;
            var marker = jpeg[position++];
            if (marker is 0 or 1 or (>= 0xD0 and <= 0xD8))
                continue;
            var length = BinaryPrimitives.ReadUInt16BigEndian(jpeg[position..]);
            if (marker == EndOfImage || length < 2 || position + length > jpeg.Length)
                return null;
            var content = jpeg[(position + 2)..(position + length)];
            position += length;
            if (marker == StartOfScan && (header is null || content.IsEmpty))
                return null;
            if (marker == StartOfScan)
                return header! with { ScanComponents = content[0], DataStart = position };
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                if (content.Length < 6)
                    return null;
                header = new JpegHeader(
                    BinaryPrimitives.ReadUInt16BigEndian(content[3..]),
                    BinaryPrimitives.ReadUInt16BigEndian(content[1..]),
                    content[0],
                    content[5],
                    marker,
                    ScanComponents: 0,
                    DataStart: 0
                );
            }
        }
    }
}
