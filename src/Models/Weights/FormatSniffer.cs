using System.Buffers.Binary;

namespace ModelService.Models.Weights;

/// <summary>Recognises the format of a weights file by its first bytes.</summary>
internal static class FormatSniffer
{
    private const string Supported =
        "The supported formats are safetensors, PyTorch state dicts (.pth, .pt) and TorchSharp's .dat.";

    /// <exception cref="Errors.ServingException"><c>weights_unreadable</c>: the format is not known.</exception>
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
        if (ForeignFormat(head) is { } foreign)
            throw Unreadable.Because($"The file is {foreign}, not weights. {Supported}");
        if (LooksLikeTorchSharp(head))
            return WeightsFormat.TorchSharp;
        throw Unreadable.Because($"The format of the file is not known. {Supported}");
    }

    /// <summary>
    /// Safetensors begin with the header's size in eight bytes, then a brace. Either one is enough to read the file as
    /// safetensors and to report precise errors: in the other formats the first eight bytes are a number far larger
    /// than the file.
    /// </summary>
    private static bool LooksLikeSafetensors(ReadOnlySpan<byte> head, long length) =>
        head.Length >= 8
        && (BinaryPrimitives.ReadUInt64LittleEndian(head) <= (ulong)length || (head.Length > 8 && head[8] == '{'));

    /// <summary>
    /// Whether the file begins with a count and with a tensor's name, element type and rank. The count comes first, so
    /// the first byte can be that of another format: 128 tensors give 0x80, as in a pickle; 60 tensors give &lt;, as in
    /// a web page.
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

    /// <summary>Describes a known file format that doesn't hold weights; null for any other content.</summary>
    private static string? ForeignFormat(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("\x1f\x8b"u8) || (head.Length >= 2 && head[0] == 0x1f && head[1] == 0x8b))
            return "compressed with gzip (decompress it first)";
        if (head.Length > 262 && head[257..].StartsWith("ustar"u8))
            return "a tar archive (PyTorch before 0.2 wrote these; save the weights again with a newer version)";
        if (
            (head[0] == 0x89 && head[1..].StartsWith("PNG"u8))
            || (head[0] == 0xff && head.Length > 2 && head[1] == 0xd8)
            || head.StartsWith("GIF8"u8)
        )
        {
            return "an image";
        }

        if (head.StartsWith("<"u8))
            return "a web page or XML (was the download refused?)";
        return null;
    }

    /// <summary>
    /// Whether the file begins with a count and a name of printable text. The format has no magic number.
    /// </summary>
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
