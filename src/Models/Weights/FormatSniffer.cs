using System.Buffers.Binary;
using ModelService.Models.Weights.Onnx;

namespace ModelService.Models.Weights;

/// <summary>Recognises the format of a weights file by its first bytes.</summary>
internal static class FormatSniffer
{
    private const string Supported =
        "The supported formats are safetensors, PyTorch state dicts (.pth, .pt), ONNX and TorchSharp's .dat.";

    /// <exception cref="Errors.ServingException"><c>weights_unreadable</c>: the format is not known.</exception>
    public static WeightsFormat Sniff(MappedBytes file)
    {
        var head = file.Span(0, (int)Math.Min(file.Length, 512));
        if (head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8))
            return WeightsFormat.PyTorchZip;
        if (LooksLikeSafetensors(head, file.Length) && !LooksLikeJson(head))
            return WeightsFormat.Safetensors;
        if (HasTorchSharpTensor(head))
            return WeightsFormat.TorchSharp;
        if (OnnxReader.Recognizes(head))
            return WeightsFormat.Onnx;
        if (head.Length >= 2 && head[0] == 0x80)
            return WeightsFormat.PyTorchLegacy;
        if (ForeignFormats.Describe(file) is { } foreign)
            throw Unreadable.Because($"The file is not weights but {foreign}. {Supported}");
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
    /// Whether the file is JSON, whose ninth character may be a brace as well. The size of a header, in contrast, has
    /// zeros in its eight bytes.
    /// </summary>
    private static bool LooksLikeJson(ReadOnlySpan<byte> head) => head[0] == '{' && !head[..8].Contains((byte)0);

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
