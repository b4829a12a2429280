using System.Buffers.Binary;

namespace ModelService.Imaging.Decoding;

/// <summary>Cuts a GIF down to its first frame, without decoding it.</summary>
internal static class GifFirstFrame
{
    private const byte Extension = 0x21;
    private const byte GraphicControl = 0xF9;
    private const byte ImageDescriptor = 0x2C;
    private const byte Trailer = 0x3B;
    private const int HeaderLength = 13;
    private const int DescriptorLength = 10;

    /// <summary>Copies the header and the first frame into a GIF of its own.</summary>
    /// <param name="gif">The whole file; starts with a GIF's magic bytes.</param>
    /// <param name="maxPixels">Maximum number of pixels, width times height.</param>
    /// <param name="opaque">
    /// Whether to clear the transparency flags, so that transparent pixels decode to their palette colour, as with
    /// Pillow's <c>convert("RGB")</c>.
    /// </param>
    /// <exception cref="ImageException">The file has no complete frame, or the picture is too large.</exception>
    public static byte[] Extract(ReadOnlySpan<byte> gif, long maxPixels, bool opaque)
    {
        var (width, height) = ReadSize(gif);
        PixelLimit.Check("The picture", width, height, maxPixels);
        var transparencyFlags = new List<int>();
        var position = HeaderLength + PaletteLength(gif[10]);
        while (At(gif, position) is var block and not ImageDescriptor)
        {
            if (block != Extension)
                throw DecodeError.Create(ImageFormat.Gif);
            if (At(gif, position + 1) == GraphicControl)
                transparencyFlags.Add(position + 3);
            position = SkipBlocks(gif, position + 2);
        }

        position += DescriptorLength + PaletteLength(At(gif, position + DescriptorLength - 1));
        var end = SkipBlocks(gif, position + 1);

        var frame = new byte[end + 1];
        gif[..end].CopyTo(frame);
        frame[end] = Trailer;
        if (opaque)
            transparencyFlags.ForEach(flag => frame[flag] &= 0xFE);
        return frame;
    }

    /// <summary>Reads the width and the height from the header.</summary>
    /// <param name="gif">The whole file; starts with a GIF's magic bytes.</param>
    /// <exception cref="ImageException">The header is cut short.</exception>
    public static (int Width, int Height) ReadSize(ReadOnlySpan<byte> gif) =>
        gif.Length >= HeaderLength
            ? (BinaryPrimitives.ReadUInt16LittleEndian(gif[6..]), BinaryPrimitives.ReadUInt16LittleEndian(gif[8..]))
            : throw DecodeError.Create(ImageFormat.Gif);

    // GIF data is a series of blocks. A byte with the length precedes each block; a block of length 0 ends the series.
    private static int SkipBlocks(ReadOnlySpan<byte> gif, int position)
    {
        while (At(gif, position) is var length and not 0)
            position += length + 1;
        return position + 1;
    }

    private static int PaletteLength(byte flags) => (flags & 0x80) != 0 ? 3 << ((flags & 7) + 1) : 0;

    private static byte At(ReadOnlySpan<byte> gif, int position) =>
        position < gif.Length ? gif[position] : throw DecodeError.Create(ImageFormat.Gif);
}
