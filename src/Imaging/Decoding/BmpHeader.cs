using System.Buffers.Binary;

namespace ModelService.Imaging.Decoding;

/// <summary>What the header of a BMP says, for a decoder that takes files that are cut short.</summary>
internal static class BmpHeader
{
    private const int Length = 26;
    private const int FullLength = 54;
    private const int AlphaMask = 66;
    private const uint OldHeader = 12;
    private const uint HeaderWithAlpha = 56;
    private const uint Rle8 = 1;
    private const uint Rle4 = 2;
    private const uint Bitfields = 3;
    private const uint Skip = 2;

    /// <summary>
    /// Whether the file has an alpha sample. Pillow takes the fourth byte of a pixel for alpha only where a mask says
    /// so.
    /// </summary>
    /// <param name="bmp">The whole file; starts with a BMP's magic bytes.</param>
    public static bool HasAlpha(ReadOnlySpan<byte> bmp) =>
        bmp.Length >= AlphaMask + 4
        && Number(bmp, 14) >= HeaderWithAlpha
        && Number(bmp, 30) >= Bitfields
        && Number(bmp, AlphaMask) != 0;

    /// <summary>Whether the file has the bytes of all rows.</summary>
    /// <param name="bmp">The whole file; starts with a BMP's magic bytes.</param>
    public static bool IsWhole(ReadOnlySpan<byte> bmp)
    {
        if (bmp.Length < Length)
            return false;
        var isOld = Number(bmp, 14) == OldHeader;
        if (!isOld && bmp.Length < FullLength)
            return false;
        long width = isOld ? Short(bmp, 18) : (int)Number(bmp, 18);
        long height = isOld ? Short(bmp, 20) : (int)Number(bmp, 22);
        var bits = Short(bmp, isOld ? 24 : 28);
        var start = Number(bmp, 10);
        if (!isOld && Number(bmp, 30) is Rle8 or Rle4)
            return EndsByItself(bmp, start, isFour: Number(bmp, 30) == Rle4);
        return start + ((width * bits) + 31) / 32 * 4 * Math.Abs(height) <= bmp.Length;
    }

    // Pairs of a count and a value, or of 0 and what to do: end of line, end of picture, skip, or as many pixels.
    private static bool EndsByItself(ReadOnlySpan<byte> bmp, long position, bool isFour)
    {
        while (position + 2 <= bmp.Length)
        {
            var (count, value) = (bmp[(int)position], bmp[(int)position + 1]);
            position += 2;
            if (count > 0 || value == 0)
                continue;
            if (value == 1)
                return true;
            var bytes = isFour ? (value + 1) / 2 : value;
            position += value == Skip ? 2 : bytes + (bytes & 1);
        }

        return false;
    }

    private static uint Number(ReadOnlySpan<byte> bmp, int start) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bmp[start..]);

    private static int Short(ReadOnlySpan<byte> bmp, int start) =>
        BinaryPrimitives.ReadUInt16LittleEndian(bmp[start..]);
}
