using System.Buffers;
using System.IO.Compression;
using System.IO.Hashing;

namespace ModelService.Models.Weights.Zip;

/// <summary>
/// Reads the content of zip entries and checks it: the CRC, and for deflated entries also that the unpacked size is the
/// one in the directory.
/// </summary>
internal static class ZipContent
{
    /// <summary>Largest unpacked size, in bytes, at which the ratio is not checked.</summary>
    private const long MaxUncheckedBytes = 1 << 20;

    /// <summary>Bytes of a chunk, which fits the cache of a core.</summary>
    private const int ChunkBytes = 128 << 10;

    /// <summary>The whole content of a small entry. The caller has checked the size.</summary>
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

    /// <summary>Unpacks a deflated entry into a temporary file, at an offset.</summary>
    public static void Inflate(
        MappedBytes file,
        ZipEntry entry,
        WeightsLimits limits,
        MappedBytes unpacked,
        long offset
    )
    {
        using var stream = Open(file, entry, limits);
        var crc = new Crc32();
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (var done = 0L; done < entry.Size; done += ChunkBytes)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(ChunkBytes, entry.Size - done));
                Fill(stream, entry, part, crc);
                unpacked.Write(offset + done, part);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        CheckCrc(entry, crc);
        CheckEnd(stream, entry);
    }

    /// <summary>Checks the CRC of an entry that is stored uncompressed.</summary>
    public static void CheckStored(MappedBytes file, ZipEntry entry)
    {
        if (entry.Crc == 0)
            return;
        var crc = new Crc32();
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (var done = 0L; done < entry.Size; done += ChunkBytes)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(ChunkBytes, entry.Size - done));
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

    /// <summary>Refuses content that is compressed more than trained weights can be.</summary>
    /// <param name="subject">The content, as the subject of the error message.</param>
    /// <param name="packedSize">Its compressed size in bytes.</param>
    /// <param name="size">Its unpacked size in bytes.</param>
    /// <param name="limits">The limits for the file.</param>
    public static void CheckRatio(string subject, long packedSize, long size, WeightsLimits limits)
    {
        if (size > MaxUncheckedBytes && size / limits.MaxInflationRatio > packedSize)
        {
            throw Unreadable.Because(
                $"{subject} would grow from {packedSize} bytes to {size} when unpacked: "
                    + $"more than {limits.MaxInflationRatio} times."
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
                $"The entry {Unreadable.Quote(entry.Name)} unpacks to fewer than the declared {entry.Size} bytes."
            );
        }

        crc.Append(destination);
    }

    private static void CheckEnd(DeflateStream stream, ZipEntry entry)
    {
        if (ReadUpTo(entry, stream, stackalloc byte[1]) != 0)
        {
            throw Unreadable.Because(
                $"The entry {Unreadable.Quote(entry.Name)} unpacks to more than the declared {entry.Size} bytes."
            );
        }
    }

    /// <summary>Reads until the destination is full or the content ends.</summary>
    /// <returns>Number of bytes read.</returns>
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
                $"The entry {Unreadable.Quote(entry.Name)} is damaged: its CRC-32 is {crc:x8}, "
                    + $"but {entry.Crc:x8} in the zip's directory."
            );
        }
    }
}
