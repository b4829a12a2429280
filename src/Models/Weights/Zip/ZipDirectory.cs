using System.Buffers.Binary;
using System.Text;

namespace ModelService.Models.Weights.Zip;

/// <summary>
/// Reads a zip's directory and checks it against the header of each entry. .NET's own reader is not used: it doesn't
/// give the offset of an entry's data, which is needed to read stored tensors directly from the file.
/// </summary>
internal static class ZipDirectory
{
    private const int LocalHeaderBytes = 30;
    private const int EntryBytes = 46;
    private const uint EntrySignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int Encrypted = 1;

    /// <summary>The entries by name.</summary>
    public static Dictionary<string, ZipEntry> Read(MappedBytes file, WeightsLimits limits)
    {
        var end = ZipEnd.Find(file);
        if (end.Entries > (ulong)limits.MaxZipEntries)
            throw Unreadable.Because($"The zip has {end.Entries} entries; at most {limits.MaxZipEntries} are allowed.");
        var entries = new Dictionary<string, ZipEntry>();
        var spans = new List<(long Start, long End)>();
        var position = end.DirectoryOffset;
        for (var i = 0UL; i < end.Entries; i++)
        {
            var entry = Entry(file, ref position, end, out var start);
            spans.Add((start, entry.Offset + entry.PackedSize));
            if (!entries.TryAdd(entry.Name, entry))
                throw Unreadable.Because($"The zip has two entries named {Unreadable.Quote(entry.Name)}.");
        }

        if (position != end.DirectoryEnd)
        {
            throw Unreadable.Because(
                $"The zip's directory of {end.Entries} entries ends at byte {position}, not {end.DirectoryEnd}."
            );
        }

        CheckOverlaps(spans, end.DirectoryOffset);
        return entries;
    }

    private static ZipEntry Entry(MappedBytes file, ref long position, ZipEnd end, out long start)
    {
        if (end.DirectoryEnd - position < EntryBytes)
            throw Unreadable.Because($"The zip's directory is cut off at byte {position}.");
        var record = file.Span(position, EntryBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != EntrySignature)
            throw Unreadable.Because($"The zip's directory is damaged at byte {position}.");
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(record[28..]);
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(record[30..]);
        var length = EntryBytes + nameLength + extraLength + BinaryPrimitives.ReadUInt16LittleEndian(record[32..]);
        if (end.DirectoryEnd - position < length)
            throw Unreadable.Because($"The zip's directory is cut off at byte {position}.");
        var rawName = file.Span(position + EntryBytes, nameLength);
        var name = Encoding.UTF8.GetString(rawName);
        var (size, packedSize, local) = Sizes(record, file.Span(position + EntryBytes + nameLength, extraLength), name);
        position += length;

        var method = BinaryPrimitives.ReadUInt16LittleEndian(record[10..]);
        if ((record[8] & Encrypted) != 0 || method is not (0 or 8))
        {
            throw Unreadable.Because(
                $"The entry {Unreadable.Quote(name)} is encrypted or compressed by method {method}; "
                    + "only stored and deflated entries are supported."
            );
        }

        if (method == 0 && size != packedSize)
        {
            throw Unreadable.Because(
                $"The entry {Unreadable.Quote(name)} is stored, but has {packedSize} bytes instead of {size}."
            );
        }

        start = local <= long.MaxValue ? (long)local : long.MaxValue;
        var data = DataOffset(file, start, end.DirectoryOffset, rawName, method);
        if (packedSize > (ulong)(end.DirectoryOffset - data) || size > long.MaxValue)
        {
            throw Unreadable.Because(
                $"The entry {Unreadable.Quote(name)} of {packedSize} bytes reaches outside of the zip's data."
            );
        }

        var crc = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
        return new ZipEntry(name, method == 8, crc, data, (long)packedSize, (long)size);
    }

    /// <summary>
    /// The offset of an entry's data, which follow its own header. That header must agree with the directory.
    /// </summary>
    private static long DataOffset(MappedBytes file, long start, long end, ReadOnlySpan<byte> name, int method)
    {
        if (start > end - LocalHeaderBytes)
            throw Unreadable.Because($"An entry of the zip begins at byte {start}, outside of its data.");
        var header = file.Span(start, LocalHeaderBytes);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header[26..]);
        var data = start + LocalHeaderBytes + nameLength + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (
            BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalSignature
            || BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) != method
            || data > end
            || !file.Span(start + LocalHeaderBytes, nameLength).SequenceEqual(name)
        )
        {
            throw Unreadable.Because($"At byte {start}: an entry's own header doesn't agree with the zip's directory.");
        }

        return data;
    }

    /// <summary>
    /// The sizes of an entry and the offset of its header. Numbers that don't fit 32 bits are in the zip64 field, in
    /// this order.
    /// </summary>
    private static (ulong Size, ulong PackedSize, ulong Local) Sizes(
        ReadOnlySpan<byte> record,
        ReadOnlySpan<byte> extra,
        string name
    )
    {
        var wide = Zip64Field(extra);
        return (
            Take(BinaryPrimitives.ReadUInt32LittleEndian(record[24..]), ref wide),
            Take(BinaryPrimitives.ReadUInt32LittleEndian(record[20..]), ref wide),
            Take(BinaryPrimitives.ReadUInt32LittleEndian(record[42..]), ref wide)
        );

        ulong Take(uint narrow, ref ReadOnlySpan<byte> wide)
        {
            if (narrow != uint.MaxValue)
                return narrow;
            if (wide.Length < sizeof(ulong))
                throw Unreadable.Because($"The entry {Unreadable.Quote(name)} lacks its 64-bit size or offset.");
            var value = BinaryPrimitives.ReadUInt64LittleEndian(wide);
            wide = wide[sizeof(ulong)..];
            return value;
        }
    }

    /// <summary>The extra field with 64-bit numbers; empty if there is none.</summary>
    private static ReadOnlySpan<byte> Zip64Field(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            var length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]), extra.Length - 4);
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == 1)
                return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }

        return [];
    }

    /// <summary>Checks that no entry overlaps the next one or the directory.</summary>
    private static void CheckOverlaps(List<(long Start, long End)> spans, long directoryOffset)
    {
        spans.Sort();
        for (var i = 0; i < spans.Count; i++)
        {
            if (spans[i].End > (i + 1 < spans.Count ? spans[i + 1].Start : directoryOffset))
            {
                throw Unreadable.Because(
                    $"The zip's entry that ends at byte {spans[i].End} overlaps the next one or the directory."
                );
            }
        }
    }
}
