using System.Buffers.Binary;

namespace ModelService.Models.Weights;

/// <summary>Tells a weights file's format by its first bytes.</summary>
internal static class FormatSniffer
{
    private const string Readable = "Readable are safetensors, PyTorch state dicts (.pth, .pt) and TorchSharp's .dat.";

    public static WeightsFormat Sniff(MappedBytes file)
    {
        var head = file.Span(0, (int)Math.Min(file.Length, 512));
        if (head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8))
            return WeightsFormat.PyTorchZip;
        if (LooksLikeSafetensors(head, file.Length))
            return WeightsFormat.Safetensors;
        if (HasTorchSharpTensor(head))
            return WeightsFormat.TorchSharp;
        if (head.Length >= 2 && head[0] == 0x80)
            return WeightsFormat.PyTorchLegacy;
        if (Foreign(head) is { } what)
            throw Unreadable.Because($"The file is {what}, not weights. {Readable}");
        if (LooksLikeTorchSharp(head))
            return WeightsFormat.TorchSharp;
        throw Unreadable.Because($"The file is of no known format. {Readable}");
    }

    /// <summary>
    /// Eight bytes of header size, then a brace. Either one alone is enough to read it as safetensors and say what is wrong:
    /// in the other formats the first eight bytes are far too large a number.
    /// </summary>
    private static bool LooksLikeSafetensors(ReadOnlySpan<byte> head, long length) =>
        head.Length >= 8
        && (BinaryPrimitives.ReadUInt64LittleEndian(head) <= (ulong)length || (head.Length > 8 && head[8] == '{'));

    /// <summary>
    /// A count and a tensor's name, element type and rank. The count is the first byte, so the file may begin as any other format does:
    /// with 0x80 as a pickle, where there are 128 tensors, or with &lt; as a web page, where there are 60.
    /// </summary>
    private static bool HasTorchSharpTensor(ReadOnlySpan<byte> head)
    {
        var reader = new Leb128Reader(head);
        if (
            !reader.TryRead(out _)
            || !reader.TryRead(out var nameLength)
            || nameLength > (ulong)(head.Length - reader.Position)
        )
        {
            return false;
        }

        var (name, rest) = (reader.Position, reader.Position + (int)nameLength);
        var tensor = new Leb128Reader(head[rest..]);
        return IsName(head[name..rest])
            && tensor.TryRead(out var dtype)
            && dtype <= byte.MaxValue
            && TorchSharpReader.Dtype((long)dtype) is not null
            && tensor.TryRead(out var rank)
            && rank <= TensorGeometry.MaxRank;
    }

    private static string? Foreign(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("\x1f\x8b"u8) || (head.Length >= 2 && head[0] == 0x1f && head[1] == 0x8b))
            return "compressed with gzip (unpack it first)";
        if (head.Length > 262 && head[257..].StartsWith("ustar"u8))
            return "a tar archive (PyTorch before 0.2 wrote such; save it again with a newer one)";
        if (
            (head[0] == 0x89 && head[1..].StartsWith("PNG"u8))
            || (head[0] == 0xff && head.Length > 2 && head[1] == 0xd8)
            || head.StartsWith("GIF8"u8)
        )
        {
            return "a picture";
        }

        if (head.StartsWith("<"u8))
            return "a web page or XML (was the download refused?)";
        return null;
    }

    /// <summary>A small count, then a name of printable text: the format has no magic number.</summary>
    private static bool LooksLikeTorchSharp(ReadOnlySpan<byte> head)
    {
        var reader = new Leb128Reader(head);
        if (!reader.TryRead(out _) || !reader.TryRead(out var nameLength))
            return head.Length >= 10 && reader.IsEndless;
        var name = head[reader.Position..];
        return IsName(name[..(int)Math.Min((ulong)name.Length, nameLength)]);
    }

    private static bool IsName(ReadOnlySpan<byte> name) =>
        !name.IsEmpty && name.IndexOfAnyInRange((byte)0, (byte)0x1f) < 0;
}
