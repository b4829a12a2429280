using System.Buffers.Binary;

namespace ModelService.Imaging.Decoding;

/// <summary>
/// The tags of a TIFF's first page that say what its samples mean. The decoding library does not hand them over.
/// </summary>
internal sealed class TiffTags
{
    public const int BitsPerSample = 258;
    public const int Compression = 259;
    public const int Photometric = 262;
    public const int Orientation = 274;
    public const int SamplesPerPixel = 277;
    public const int PlanarConfiguration = 284;
    public const int TileWidth = 322;
    public const int InkSet = 332;
    public const int ExtraSamples = 338;
    public const int YCbCrCoefficients = 529;
    public const int YCbCrSubsampling = 530;
    public const int ReferenceBlackWhite = 532;

    private const int MaxValues = 8;
    private const int Short = 3;

    private static readonly int[] Wanted =
    [
        BitsPerSample,
        Compression,
        Photometric,
        Orientation,
        SamplesPerPixel,
        PlanarConfiguration,
        TileWidth,
        InkSet,
        ExtraSamples,
        YCbCrCoefficients,
        YCbCrSubsampling,
        ReferenceBlackWhite,
    ];

    private readonly Dictionary<int, double[]> values = [];

    private TiffTags() { }

    /// <summary>Offset of the lowest byte of <see cref="Photometric"/>; null when the file has no such short.</summary>
    public int? PhotometricPlace { get; private set; }

    /// <summary>Reads the tags. A tag that lies outside the file is left out.</summary>
    /// <param name="tiff">The whole file, or the TIFF inside EXIF.</param>
    public static TiffTags Read(ReadOnlySpan<byte> tiff)
    {
        var tags = new TiffTags();
        if (tiff.IsEmpty)
            return tags;
        var isLittle = tiff[0] == 'I';
        var isBig = Number(tiff, 2, 2, isLittle) == 43; // BigTIFF has offsets and counts of 8 bytes
        var (offsetSize, countSize, entrySize) = isBig ? (8, 8, 20) : (4, 2, 12);
        if (Number(tiff, isBig ? 8UL : 4UL, offsetSize, isLittle) is not { } directory)
            return tags;
        var count = Number(tiff, directory, countSize, isLittle) ?? 0;
        var entry = directory + (ulong)countSize;
        for (var i = 0UL; i < count && Number(tiff, entry, 2, isLittle) is { } tag; i++, entry += (ulong)entrySize)
        {
            if (!Wanted.Contains((int)tag))
                continue;
            var type = (int)(Number(tiff, entry + 2, 2, isLittle) ?? 0);
            var length = Number(tiff, entry + 4, offsetSize, isLittle) ?? 0;
            var place = entry + 4 + (ulong)offsetSize;
            if (
                ReadValues(tiff, type, length, place, offsetSize, isLittle) is { } numbers
                && tags.values.TryAdd((int)tag, numbers)
                && tag == Photometric
                && (type, length) is (Short, 1)
            )
            {
                tags.PhotometricPlace = (int)place + (isLittle ? 0 : 1);
            }
        }

        return tags;
    }

    /// <summary>A tag's first value; null when the file does not have the tag.</summary>
    /// <param name="tag">The tag's number.</param>
    public int? Find(int tag) => values.TryGetValue(tag, out var numbers) ? (int)numbers[0] : null;

    /// <summary>A tag's values, at most 8; null when the file does not have the tag.</summary>
    /// <param name="tag">The tag's number.</param>
    public IReadOnlyList<double>? FindAll(int tag) => values.GetValueOrDefault(tag);

    private static double[]? ReadValues(
        ReadOnlySpan<byte> tiff,
        int type,
        ulong count,
        ulong place,
        int offsetSize,
        bool isLittle
    )
    {
        var size = SizeOf(type);
        if (size == 0 || count == 0)
            return null;

        // Values that don't fit the entry are elsewhere, and the entry holds their offset.
        if (count > (ulong)(offsetSize / size))
        {
            if (Number(tiff, place, offsetSize, isLittle) is not { } offset)
                return null;
            place = offset;
        }

        var numbers = new double[Math.Min(count, MaxValues)];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (Number(tiff, place + (ulong)(i * size), size, isLittle) is not { } bits)
                return null;
            numbers[i] = type switch
            {
                5 when isLittle => (double)(uint)bits / (uint)(bits >> 32),
                5 => (double)(uint)(bits >> 32) / (uint)bits,
                11 => BitConverter.UInt32BitsToSingle((uint)bits),
                12 => BitConverter.UInt64BitsToDouble(bits),
                _ => bits,
            };
        }

        return numbers;
    }

    private static int SizeOf(int type) =>
        type switch
        {
            1 => 1, // byte
            Short => 2,
            4 or 11 => 4, // long, float
            5 or 12 or 16 => 8, // rational, double, long of BigTIFF
            _ => 0,
        };

    // An unsigned number; null when it lies outside the file.
    private static ulong? Number(ReadOnlySpan<byte> tiff, ulong offset, int size, bool isLittle)
    {
        if (offset > (ulong)tiff.Length || (ulong)size > (ulong)tiff.Length - offset)
            return null;
        var bytes = tiff.Slice((int)offset, size);
        return size switch
        {
            1 => bytes[0],
            2 => isLittle
                ? BinaryPrimitives.ReadUInt16LittleEndian(bytes)
                : BinaryPrimitives.ReadUInt16BigEndian(bytes),
            4 => isLittle
                ? BinaryPrimitives.ReadUInt32LittleEndian(bytes)
                : BinaryPrimitives.ReadUInt32BigEndian(bytes),
            _ => isLittle
                ? BinaryPrimitives.ReadUInt64LittleEndian(bytes)
                : BinaryPrimitives.ReadUInt64BigEndian(bytes),
        };
    }
}
