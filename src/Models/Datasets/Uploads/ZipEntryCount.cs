using System.Buffers.Binary;
using ModelService.Models.Errors;

namespace ModelService.Models.Datasets.Uploads;

/// <summary>
/// Counts the entries of a zip archive before <see cref="System.IO.Compression.ZipArchive"/> opens it, which takes
/// memory for each.
/// </summary>
internal static class ZipEntryCount
{
    private const int EndBytes = 22;
    private const int LocatorBytes = 20;
    private const int HeaderBytes = 46;
    private const uint HeaderMark = 0x02014b50;
    private const uint Unknown = uint.MaxValue; // the number is in the zip64 record

    /// <summary>Refuses an archive with too many entries.</summary>
    /// <param name="zip">The archive.</param>
    /// <param name="max">Largest number of entries.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DatasetTooLarge"/>, <see cref="ErrorCode.ArchiveUnreadable"/>.
    /// </exception>
    public static void Check(Stream zip, int max)
    {
        var position = FindDirectory(zip);
        using var buffered = new BufferedStream(zip, 1 << 16);
        Span<byte> header = stackalloc byte[HeaderBytes];
        buffered.Position = position;
        for (var count = 0; TryRead(buffered, header); count++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != HeaderMark)
                break;
            if (count == max)
            {
                throw new ServingException(
                    ErrorCode.DatasetTooLarge,
                    $"The archive has more than {max} entries (ModelService:Datasets:MaxImages). Nothing was changed."
                );
            }

            buffered.Seek(
                BinaryPrimitives.ReadUInt16LittleEndian(header[28..])
                    + BinaryPrimitives.ReadUInt16LittleEndian(header[30..])
                    + BinaryPrimitives.ReadUInt16LittleEndian(header[32..]),
                SeekOrigin.Current
            );
        }
    }

    // Where the list of entries begins.
    private static long FindDirectory(Stream zip)
    {
        var tail = new byte[(int)Math.Min(zip.Length, EndBytes + LocatorBytes + ushort.MaxValue)];
        zip.Position = zip.Length - tail.Length;
        zip.ReadExactly(tail);
        var end = tail.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        if (end < 0 || tail.Length - end < EndBytes)
        {
            throw new ServingException(
                ErrorCode.ArchiveUnreadable,
                "The zip archive has no end: the upload is incomplete, or not a zip archive."
            );
        }

        var offset = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end + 16));
        if (offset != Unknown || end < LocatorBytes)
            return offset;
        var record = BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(end - LocatorBytes + 8));
        Span<byte> large = stackalloc byte[56];
        if (record < 0 || record > zip.Length - large.Length)
            return zip.Length; // opening the archive will say what is wrong
        zip.Position = record;
        zip.ReadExactly(large);
        return Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(large[48..]), 0, zip.Length);
    }

    private static bool TryRead(Stream stream, Span<byte> bytes) =>
        stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length;
}
