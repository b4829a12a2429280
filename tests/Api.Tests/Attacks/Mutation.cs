using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace ModelService.Api.Tests.Attacks;

/// <summary>Damages good inputs at random.</summary>
internal static class Mutation
{
    private const int Edge = 512;

    private static readonly long[] Extremes =
    [
        0,
        1,
        -1,
        byte.MaxValue,
        short.MaxValue,
        ushort.MaxValue,
        int.MaxValue,
        int.MinValue,
        uint.MaxValue,
        long.MaxValue,
        long.MinValue,
    ];

    private static readonly string[] Values =
    [
        "null",
        "true",
        "[]",
        "{}",
        "\"\"",
        "-1",
        "0",
        "0.5",
        "-0",
        "1e400",
        "-1e400",
        "1e-400",
        "2147483647",
        "2147483648",
        "9223372036854775807",
        "18446744073709551616",
        "123456789012345678901234567890",
        "[[[[[[[[]]]]]]]]",
        "{\"type\":\"linear\",\"out_features\":1}",
        "\"\\u0000\"",
        "\"\\uD83D\\uDE00\"",
        "\"../../etc/passwd\"",
        "\"\\u202E\"",
        "[0,0,0,0,0,0,0,0,0]",
    ];

    private static readonly string[] Names = ["", "type", "layers", "input", "name", "seed", "\u0000", "__proto__"];

    /// <summary>Damages bytes in one to four places, mostly near the beginning or the end.</summary>
    public static byte[] Of(byte[] original, Random random)
    {
        var bytes = original;
        for (var times = random.Next(1, 5); times > 0; times--)
            bytes = Once(bytes, random);
        return bytes;
    }

    /// <summary>Damages an entry of a zip, and makes the zip's checksums right again.</summary>
    public static byte[] OfZip(byte[] original, Random random)
    {
        using var source = new ZipArchive(new MemoryStream(original));
        var damaged = random.Next(source.Entries.Count);
        var result = new MemoryStream();
        using (var destination = new ZipArchive(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (index, entry) in source.Entries.Index())
            {
                using var content = new MemoryStream();
                using (var from = entry.Open())
                    from.CopyTo(content);
                using var to = destination.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
                to.Write(index == damaged ? Of(content.ToArray(), random) : content.ToArray());
            }
        }

        return result.ToArray();
    }

    /// <summary>Puts hostile values in the place of good ones, or damages the text.</summary>
    public static byte[] OfJson(string original, Random random)
    {
        if (random.Next(4) == 0)
            return Of(Encoding.UTF8.GetBytes(original), random);
        var root = JsonNode.Parse(original)!;
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var nodes = Below(root).ToList();
            if (nodes.Count == 0)
                break;
            Replace(nodes[random.Next(nodes.Count)], random);
        }

        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static byte[] Once(byte[] bytes, Random random)
    {
        if (bytes.Length == 0)
            return [(byte)random.Next(256)];
        var at = Position(bytes.Length, random);
        var length = Math.Min(random.Next(1, random.Next(2) == 0 ? 17 : 4097), bytes.Length - at);
        var changed = (byte[])bytes.Clone();
        switch (random.Next(8))
        {
            case 0:
                return bytes[..at];
            case 1:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 2:
                return [.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]];
            case 3:
                var inserted = new byte[length];
                random.NextBytes(inserted);
                return [.. bytes[..at], .. inserted, .. bytes[at..]];
            case 4:
                changed.AsSpan(at, length).Fill(random.Next(2) == 0 ? (byte)0 : byte.MaxValue);
                return changed;
            case 5:
                WriteExtreme(changed.AsSpan(at), random);
                return changed;
            case 6:
                changed[at] ^= (byte)(1 << random.Next(8));
                return changed;
            default:
                random.NextBytes(changed.AsSpan(at, Math.Min(length, 16)));
                return changed;
        }
    }

    private static int Position(int length, Random random) =>
        random.Next(4) switch
        {
            0 => random.Next(length),
            1 => length - 1 - random.Next(Math.Min(length, Edge)),
            _ => random.Next(Math.Min(length, Edge)),
        };

    private static void WriteExtreme(Span<byte> target, Random random)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        var value = Extremes[random.Next(Extremes.Length)];
        if (random.Next(2) == 0)
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
        else
            BinaryPrimitives.WriteInt64BigEndian(number, value);
        var size = Math.Min(1 << random.Next(4), target.Length);
        (BitConverter.IsLittleEndian ? number[..size] : number[^size..]).CopyTo(target);
    }

    private static IEnumerable<JsonNode> Below(JsonNode root)
    {
        var children = root switch
        {
            JsonObject item => item.Select(pair => pair.Value),
            JsonArray list => list,
            _ => [],
        };
        return children.OfType<JsonNode>().SelectMany(child => Below(child).Prepend(child));
    }

    private static void Replace(JsonNode node, Random random)
    {
        var value = random.Next(8) == 0 ? node.DeepClone() : JsonNode.Parse(Values[random.Next(Values.Length)]);
        switch (node.Parent)
        {
            case JsonArray list when random.Next(4) == 0:
                list.Add(value);
                break;
            case JsonArray list when random.Next(4) == 0:
                list.Remove(node);
                break;
            case JsonArray list:
                list[list.IndexOf(node)] = value;
                break;
            case JsonObject parent when random.Next(4) == 0:
                parent[Names[random.Next(Names.Length)]] = value;
                break;
            case JsonObject parent when random.Next(4) == 0:
                parent.Remove(node.GetPropertyName());
                break;
            case JsonObject parent:
                parent[node.GetPropertyName()] = value;
                break;
        }
    }
}
