using System.IO.Compression;
using System.Text;

namespace ModelService.Models.Tests.Weights;

/// <summary>Files of the other formats by hand.</summary>
internal static class Archives
{
    public static byte[] Zip(params (string Name, byte[] Content)[] entries) =>
        Zip(CompressionLevel.NoCompression, entries);

    public static byte[] Zip(CompressionLevel level, params (string Name, byte[] Content)[] entries)
    {
        using var stream = new MemoryStream();
        Zip(stream, level, entries);
        return stream.ToArray();
    }

    public static void Zip(Stream stream, CompressionLevel level, params (string Name, byte[] Content)[] entries)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var (name, content) in entries)
        {
            using var entry = zip.CreateEntry(name, level).Open();
            entry.Write(content);
        }
    }

    /// <summary>
    /// As PyTorch writes it with <c>compute_crc32 = False</c>. The fuzzer's mutations then get past the check.
    /// </summary>
    public static byte[] WithoutCrc(byte[] zip)
    {
        var copy = zip.ToArray();
        for (var at = copy.AsSpan().IndexOf("PK\x01\x02"u8); at >= 0; )
        {
            copy.AsSpan(at + 16, 4).Clear();
            var next = copy.AsSpan(at + 4).IndexOf("PK\x01\x02"u8);
            at = next < 0 ? -1 : at + 4 + next;
        }

        return copy;
    }

    /// <summary>One tensor in a safetensors header; the shape is JSON.</summary>
    public static string Entry(string name, string dtype, string shape, long begin, long end) =>
        "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + $",\"data_offsets\":[{begin},{end}]}}";

    public static byte[] Safetensors(string header, byte[] data) =>
        [
            .. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)),
            .. Encoding.UTF8.GetBytes(header),
            .. data,
        ];
}
