using System.Buffers.Binary;

namespace ModelService.Models.Weights.Zip;

/// <summary>
/// The record at the end of a zip, which locates the directory. PyTorch always writes a 64-bit one as well.
/// </summary>
/// <param name="Entries">Number of entries in the directory.</param>
/// <param name="DirectoryOffset">Offset of the directory.</param>
/// <param name="DirectoryEnd">Offset of the first byte after the directory; within the file.</param>
internal readonly record struct ZipEnd(ulong Entries, long DirectoryOffset, long DirectoryEnd)
{
    private const int Bytes = 22;
    private const int LocatorBytes = 20;
    private const int WideBytes = 56;

    /// <summary>
    /// Finds the record. A comment of up to 65,535 bytes may follow it, or as many bytes of anything else: PyTorch
    /// reads such files too.
    /// </summary>
    public static ZipEnd Find(MappedBytes file)
    {
        var tailLength = (int)Math.Min(file.Length, Bytes + ushort.MaxValue);
        var tailStart = file.Length - tailLength;
        var tail = file.Span(tailStart, tailLength);
        var found = -1;
        for (var at = tailLength - Bytes; at >= 0; at--)
        {
            var record = tail[at..];
            if (!record.StartsWith("PK\x05\x06"u8))
                continue;
            var comment = BinaryPrimitives.ReadUInt16LittleEndian(record[20..]);
            if (comment <= record.Length - Bytes && (found < 0 || comment == record.Length - Bytes))
                found = at;
            if (comment == record.Length - Bytes)
                break;
        }

        if (found >= 0)
            return ReadWide(file, tailStart + found) ?? ReadNarrow(tail[found..], tailStart + found);
        throw Unreadable.Because("The zip has no directory at its end: the file is cut off.");
    }

    /// <summary>Reads the 32-bit record.</summary>
    private static ZipEnd ReadNarrow(ReadOnlySpan<byte> record, long at)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(record[4..]) != 0)
            throw Unreadable.Because("The zip is split over several files.");
        return Create(
            BinaryPrimitives.ReadUInt16LittleEndian(record[10..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[12..]),
            at
        );
    }

    /// <summary>Reads the 64-bit record; null if the zip has none.</summary>
    private static ZipEnd? ReadWide(MappedBytes file, long at)
    {
        if (at < LocatorBytes)
            return null;
        var locator = file.Span(at - LocatorBytes, LocatorBytes);
        if (!locator.StartsWith("PK\x06\x07"u8))
            return null;
        var offset64 = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        if (at - LocatorBytes < WideBytes || offset64 > (ulong)(at - LocatorBytes - WideBytes))
            throw Unreadable.Because($"The zip's 64-bit end record can't be at byte {offset64}.");
        var record = file.Span((long)offset64, WideBytes);
        if (!record.StartsWith("PK\x06\x06"u8))
            throw Unreadable.Because($"The zip's 64-bit end record is not at byte {offset64}.");
        return Create(
            BinaryPrimitives.ReadUInt64LittleEndian(record[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[40..]),
            (long)offset64
        );
    }

    /// <summary>Checks that the directory ends before the end record.</summary>
    private static ZipEnd Create(ulong entries, ulong offset, ulong size, long end)
    {
        if (offset > (ulong)end || size > (ulong)end - offset)
        {
            throw Unreadable.Because(
                $"The zip's directory of {size} bytes at byte {offset} reaches beyond its end record at {end}."
            );
        }

        return new ZipEnd(entries, (long)offset, (long)(offset + size));
    }
}
