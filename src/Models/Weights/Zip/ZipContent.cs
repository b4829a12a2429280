using System.Buffers;
using System.IO.Compression;
using System.IO.Hashing;

namespace ModelService.Models.Weights.Zip;

/// <summary>Gives an entry's content and checks it: its CRC, and for deflated entries that they unpack to just the size they say.</summary>
internal static class ZipContent
{
    private const long AnyRatio = 1 << 20;
    private const int CachedChunk = 128 << 10;

    /// <summary>The whole content of a small entry; the caller has looked at its size.</summary>
    public static ReadOnlySpan<byte> Read(MappedBytes file, ZipEntry entry, WeightsLimits limits)
    {
        if (!entry.IsCompressed)
        {
            CheckStored(file, entry);
            return file.Span(entry.Offset, (int)entry.Size);
        }

        var content = new byte[entry.Size];
        var crc = new Crc32();
        using var stream = Open(file, entry, limits);
        Fill(stream, entry, content, crc);
        CheckCrc(entry, crc);
        CheckEnd(stream, entry);
        return content;
    }

    /// <summary>Unpacks a deflated entry to a place that has room for it.</summary>
    public static void Inflate(MappedBytes file, ZipEntry entry, WeightsLimits limits, MappedBytes room, long offset)
    {
        using var stream = Open(file, entry, limits);
        var crc = new Crc32();
        var buffer = ArrayPool<byte>.Shared.Rent(CachedChunk);
        try
        {
            for (var done = 0L; done < entry.Size; done += CachedChunk)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(CachedChunk, entry.Size - done));
                Fill(stream, entry, part, crc);
                room.Write(offset + done, part);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        CheckCrc(entry, crc);
        CheckEnd(stream, entry);
    }

    /// <summary>Checks the CRC of an entry that is stored as it is.</summary>
    public static void CheckStored(MappedBytes file, ZipEntry entry)
    {
        if (entry.Crc == 0)
            return;
        var crc = new Crc32();
        var buffer = ArrayPool<byte>.Shared.Rent(CachedChunk);
        try
        {
            for (var done = 0L; done < entry.Size; done += CachedChunk)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(CachedChunk, entry.Size - done));
                file.Read(entry.Offset + done, part);
                crc.Append(part);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        CheckCrc(entry, crc);
    }

    /// <summary>Refuses what is packed too tightly to be numbers that were trained.</summary>
    public static void CheckRatio(string what, long packedSize, long size, WeightsLimits limits)
    {
        if (size > AnyRatio && size / limits.MaxInflationRatio > packedSize)
        {
            throw Unreadable.Because(
                $"{what} unpacks from {packedSize} bytes to {size}: more than {limits.MaxInflationRatio} times as many."
            );
        }
    }

    private static DeflateStream Open(MappedBytes file, ZipEntry entry, WeightsLimits limits)
    {
        CheckRatio($"The entry {Unreadable.Quote(entry.Name)}", entry.PackedSize, entry.Size, limits);
        return new DeflateStream(file.Stream(entry.Offset, entry.PackedSize), CompressionMode.Decompress);
    }

    private static void Fill(DeflateStream stream, ZipEntry entry, Span<byte> destination, Crc32 crc)
    {
        var read = ReadUpTo(entry, stream, destination);
        if (read < destination.Length)
        {
            throw Unreadable.Because(
                $"The entry {Unreadable.Quote(entry.Name)} unpacks to less than the {entry.Size} bytes it says."
            );
        }

        crc.Append(destination);
    }

    private static void CheckEnd(DeflateStream stream, ZipEntry entry)
    {
        if (ReadUpTo(entry, stream, stackalloc byte[1]) != 0)
        {
            throw Unreadable.Because(
                $"The entry {Unreadable.Quote(entry.Name)} unpacks to more than the {entry.Size} bytes it says."
            );
        }
    }

    private static int ReadUpTo(ZipEntry entry, DeflateStream stream, Span<byte> destination)
    {
        try
        {
            return stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException error)
        {
            throw Unreadable.Because(
                $"The entry {Unreadable.Quote(entry.Name)} can't be unpacked: it is damaged.",
                error
            );
        }
    }

    private static void CheckCrc(ZipEntry entry, Crc32 content)
    {
        var crc = content.GetCurrentHashAsUInt32();
        if (entry.Crc != 0 && entry.Crc != crc)
        {
            throw Unreadable.Because(
                $"The entry {Unreadable.Quote(entry.Name)} is damaged: its CRC-32 is {crc:x8}, the zip says {entry.Crc:x8}."
            );
        }
    }
}
