using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelService.TestSupport;

/// <summary>
/// Reads a whole safetensors file, to compare it with expected numbers. It shares no code with the source under test.
/// </summary>
public sealed class SafetensorsFile
{
    private readonly byte[] data;
    private readonly Dictionary<string, (string Dtype, long[] Shape, int Begin, int End)> tensors = [];

    private SafetensorsFile(byte[] data, JsonElement header)
    {
        this.data = data;
        var start = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(data);
        foreach (var entry in header.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            var shape = entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
            var offsets = entry.Value.GetProperty("data_offsets");
            tensors[entry.Name] = (
                entry.Value.GetProperty("dtype").GetString()!,
                shape,
                start + offsets[0].GetInt32(),
                start + offsets[1].GetInt32()
            );
        }
    }

    /// <summary>The tensors' names, in the header's order.</summary>
    public IReadOnlyCollection<string> Names => tensors.Keys;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it is.</param>
    public static SafetensorsFile Read(string path)
    {
        var data = File.ReadAllBytes(path);
        return new SafetensorsFile(
            data,
            JsonElement.Parse(data.AsSpan(8, (int)BinaryPrimitives.ReadUInt64LittleEndian(data)))
        );
    }

    /// <summary>The same tensors without the metadata, as a training script saves them.</summary>
    /// <param name="file">The file's bytes.</param>
    public static byte[] WithoutMetadata(byte[] file)
    {
        var end = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        var header = JsonNode.Parse(file.AsSpan(8..end))!.AsObject();
        header.Remove("__metadata__");
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. file[end..]];
    }

    /// <summary>A tensor's type as the file names it, such as <c>F32</c> or <c>BF16</c>.</summary>
    /// <param name="name">Its name.</param>
    public string Dtype(string name) => tensors[name].Dtype;

    /// <summary>A tensor's shape; empty for a scalar.</summary>
    /// <param name="name">Its name.</param>
    public long[] Shape(string name) => tensors[name].Shape;

    /// <summary>A tensor's bytes as they are in the file: little-endian, row-major.</summary>
    /// <param name="name">Its name.</param>
    public ReadOnlySpan<byte> Bytes(string name) => data.AsSpan(tensors[name].Begin..tensors[name].End);

    /// <summary>A tensor's numbers as float32, row-major.</summary>
    /// <param name="name">Its name; the type is one of F64, F32, F16, BF16, I64 and U8.</param>
    public float[] Floats(string name)
    {
        var bytes = Bytes(name);
        var dtype = Dtype(name);
        var size = dtype switch
        {
            "F64" or "I64" => 8,
            "F32" => 4,
            "F16" or "BF16" => 2,
            "U8" => 1,
            _ => throw new NotSupportedException(dtype),
        };
        var floats = new float[bytes.Length / size];
        for (var i = 0; i < floats.Length; i++)
        {
            var item = bytes[(i * size)..];
            floats[i] = dtype switch
            {
                "F64" => (float)BinaryPrimitives.ReadDoubleLittleEndian(item),
                "I64" => BinaryPrimitives.ReadInt64LittleEndian(item),
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(item),
                "U8" => item[0],
                "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(item),
                _ => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadInt16LittleEndian(item) << 16),
            };
        }

        return floats;
    }
}
