using System.Buffers.Binary;

namespace ModelService.Imaging.Decoding;

/// <summary>
/// What a file says beside its pixels, read for a decoder that does not: its EXIF orientation, and whether it has a
/// colour profile.
/// </summary>
/// <param name="Orientation">EXIF orientation, 1 to 8.</param>
/// <param name="HasProfile">Whether a colour profile (ICC) is embedded.</param>
internal readonly record struct Metadata(int Orientation, bool HasProfile)
{
    private static readonly Metadata None = new(1, false);

    /// <summary>Reads the metadata of a JPEG, PNG or WebP. Other formats have none.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="format">Its format.</param>
    public static Metadata Read(ReadOnlySpan<byte> file, ImageFormat format) =>
        format switch
        {
            ImageFormat.Jpeg => ReadJpeg(file),
            ImageFormat.Png => ReadChunks(file, first: 8, isPng: true),
            ImageFormat.WebP => ReadChunks(file, first: 12, isPng: false),
            _ => None,
        };

    // The segments before the first scan.
    private static Metadata ReadJpeg(ReadOnlySpan<byte> jpeg)
    {
        var found = None;
        for (var i = 2; i + 4 <= jpeg.Length && jpeg[i] == 0xFF && jpeg[i + 1] is not (0xDA or 0xD9); )
        {
            var end = i + 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg[(i + 2)..]);
            if (end < i + 4 || end > jpeg.Length)
                break;
            var content = jpeg[(i + 4)..end];
            if (jpeg[i + 1] == 0xE1 && content.StartsWith("Exif\0\0"u8))
                found = found with { Orientation = ReadOrientation(content[6..]) };
            if (jpeg[i + 1] == 0xE2 && content.StartsWith("ICC_PROFILE\0"u8))
                found = found with { HasProfile = true };
            i = end;
        }

        return found;
    }

    // PNG: length, name, content, checksum. WebP: name, length, content, to an even length.
    private static Metadata ReadChunks(ReadOnlySpan<byte> file, int first, bool isPng)
    {
        var found = None;
        for (var i = (long)first; i + 8 <= file.Length; )
        {
            var start = file[(int)i..];
            var name = isPng ? start[4..8] : start[..4];
            var length = isPng
                ? BinaryPrimitives.ReadUInt32BigEndian(start)
                : BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
            if (length > start.Length - 8)
                break;
            var content = start.Slice(8, (int)length);
            if (name.SequenceEqual("eXIf"u8) || name.SequenceEqual("EXIF"u8))
                found = found with { Orientation = ReadOrientation(content) };
            if (name.SequenceEqual("iCCP"u8) || name.SequenceEqual("ICCP"u8))
                found = found with { HasProfile = true };
            i += 8 + length + (isPng ? 4 : length & 1);
        }

        return found;
    }

    private static int ReadOrientation(ReadOnlySpan<byte> exif) =>
        TiffTags.Read(exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif).Find(TiffTags.Orientation) ?? 1;
}
