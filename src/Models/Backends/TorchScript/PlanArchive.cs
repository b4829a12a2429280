using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>
/// Packs a program for <c>torch.jit.load</c>: a zip of the code and the pickled attributes, which are None until they
/// are set.
/// </summary>
/// <remarks>Source: PyTorch, torch/csrc/jit/docs/serialization.md.</remarks>
internal static class PlanArchive
{
    // The version in files of PyTorch 2, which gives functions their present meaning.
    private const string FormatVersion = "10\n";

    /// <summary>Writes the archive.</summary>
    public static byte[] Write(PlanProgram program)
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "data.pkl", Pickle(program.Tensors.Keys));
            Add(zip, "code/__torch__.py", Encoding.ASCII.GetBytes(program.Code));
            Add(zip, "constants.pkl", [0x80, 2, (byte)')', (byte)'.']);
            Add(zip, "version", Encoding.ASCII.GetBytes(FormatVersion));
        }

        return stream.ToArray();
    }

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> content)
    {
        using var entry = zip.CreateEntry($"plan/{name}", CompressionLevel.NoCompression).Open();
        entry.Write(content);
    }

    // An object of the class in pickle protocol 2: PROTO 2, GLOBAL, EMPTY_TUPLE, NEWOBJ, EMPTY_DICT, MARK, (BINUNICODE,
    // NONE)..., SETITEMS, BUILD, STOP.
    private static byte[] Pickle(IEnumerable<string> attributes)
    {
        var pickle = new MemoryStream();
        pickle.Write([0x80, 2]);
        pickle.Write("c__torch__\nPlan\n)"u8);
        pickle.Write([0x81, (byte)'}', (byte)'(']);
        var length = new byte[sizeof(int)];
        foreach (var name in attributes)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, name.Length);
            pickle.WriteByte((byte)'X');
            pickle.Write(length);
            pickle.Write(Encoding.ASCII.GetBytes(name));
            pickle.WriteByte((byte)'N');
        }

        pickle.Write("ub."u8);
        return pickle.ToArray();
    }
}
