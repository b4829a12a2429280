using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using ModelService.Models.Tensors;

namespace ModelService.Benchmarks;

/// <summary>
/// Writes a state dict as <c>torch.save</c> does: a zip with a pickle and one stored record per tensor.
/// </summary>
internal static class PyTorchFile
{
    public static void Write(string path, IReadOnlyList<TensorSpec> tensors)
    {
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        Add(zip, "data.pkl", Pickle(tensors));
        var random = new Random(1);
        for (var key = 0; key < tensors.Count; key++)
        {
            var numbers = new float[tensors[key].IsCounter ? 2 : tensors[key].Bytes / sizeof(float)];
            if (!tensors[key].IsCounter)
            {
                foreach (ref var number in numbers.AsSpan())
                    number = (random.NextSingle() - 0.5f) / 10;
            }

            Add(zip, $"data/{key}", MemoryMarshal.AsBytes<float>(numbers));
        }
    }

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> content)
    {
        using var entry = zip.CreateEntry("archive/" + name, CompressionLevel.NoCompression).Open();
        entry.Write(content);
    }

    private static byte[] Pickle(IReadOnlyList<TensorSpec> tensors)
    {
        using var pickle = new MemoryStream();
        pickle.Write([0x80, 2]);
        Text(pickle, "ccollections\nOrderedDict\n)R(");
        for (var key = 0; key < tensors.Count; key++)
        {
            var (spec, count) = (tensors[key], tensors[key].Shape.Aggregate(1L, (product, size) => product * size));
            String(pickle, spec.Name);
            Text(pickle, "ctorch._utils\n_rebuild_tensor_v2\n((");
            String(pickle, "storage");
            Text(pickle, $"ctorch\n{(spec.IsCounter ? "Long" : "Float")}Storage\n");
            String(pickle, $"{key}");
            String(pickle, "cpu");
            Integers(pickle, count);
            Text(pickle, "tQ");
            Integers(pickle, 0);
            Text(pickle, "(");
            Integers(pickle, [.. spec.Shape]);
            Text(pickle, "t(");
            Integers(
                pickle,
                [
                    .. spec.Shape.Select(
                        (_, at) => spec.Shape.Skip(at + 1).Aggregate(1L, (product, size) => product * size)
                    ),
                ]
            );
            Text(pickle, "t");
            pickle.WriteByte(0x89);
            Text(pickle, "ccollections\nOrderedDict\n)RtR");
        }

        Text(pickle, "u.");
        return pickle.ToArray();
    }

    private static void Text(MemoryStream pickle, string opcodes) => pickle.Write(Encoding.ASCII.GetBytes(opcodes));

    private static void String(MemoryStream pickle, string value)
    {
        pickle.WriteByte((byte)'X');
        pickle.Write(BitConverter.GetBytes(Encoding.UTF8.GetByteCount(value)));
        pickle.Write(Encoding.UTF8.GetBytes(value));
    }

    private static void Integers(MemoryStream pickle, params long[] values)
    {
        foreach (var value in values)
        {
            pickle.Write([0x8a, 8]);
            pickle.Write(BitConverter.GetBytes(value));
        }
    }
}
