using System.Buffers.Binary;

namespace ModelService.Models.Weights.Zip;

/// <summary>The record at a zip's end: where its directory is. PyTorch always writes the 64-bit one as well.</summary>
/// <param name="Entries">How many entries the directory has.</param>
/// <param name="DirectoryOffset">The byte at which it begins.</param>
/// <param name="DirectoryEnd">The byte behind it; inside the file.</param>
internal readonly record struct ZipEnd(ulong Entries, long DirectoryOffset, long DirectoryEnd)
{
    private const int Bytes = 22;
    private const int LocatorBytes = 20;
    private const int WideBytes = 56;

    public static ZipEnd Find(MappedBytes file)
    {
        var tailLength = (int)Math.Min(file.Length, Bytes + ushort.MaxValue);
        var tailStart = file.Length - tailLength;
        var tail = file.Span(tailStart, tailLength);
        for (var at = tailLength - Bytes; at >= 0; at--)
        {
            var record = tail[at..];
            if (
                record.StartsWith("PK\x05\x06"u8)
                && BinaryPrimitives.ReadUInt16LittleEndian(record[20..]) == record.Length - Bytes
            )
            {
                return Wide(file, tailStart + at) ?? Narrow(record, tailStart + at);
            }
        }

        throw Unreadable.Because("The zip has no directory at its end: the file is cut off.");
    }

    private static ZipEnd Narrow(ReadOnlySpan<byte> record, long at)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(record[4..]) != 0)
            throw Unreadable.Because("The zip is split over several files.");
        return Checked(
            BinaryPrimitives.ReadUInt16LittleEndian(record[10..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[12..]),
            at
        );
    }

    private static ZipEnd? Wide(MappedBytes file, long at)
    {
        if (at < LocatorBytes)
            return null;
        var locator = file.Span(at - LocatorBytes, LocatorBytes);
        if (!locator.StartsWith("PK\x06\x07"u8))
            return null;
        var place = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        if (at - LocatorBytes < WideBytes || place > (ulong)(at - LocatorBytes - WideBytes))
            throw Unreadable.Because($"The zip's 64-bit end record is said to be at byte {place}, where it can't be.");
        var record = file.Span((long)place, WideBytes);
        if (!record.StartsWith("PK\x06\x06"u8))
            throw Unreadable.Because($"The zip's 64-bit end record is not at byte {place}.");
        return Checked(
            BinaryPrimitives.ReadUInt64LittleEndian(record[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[40..]),
            (long)place
        );
    }

    private static ZipEnd Checked(ulong entries, ulong offset, ulong size, long end)
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
