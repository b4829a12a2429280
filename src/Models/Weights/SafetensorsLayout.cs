using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>
/// Lays out a safetensors file for writing, by the format's rules: the header's size in eight bytes, JSON padded with
/// spaces to a multiple of eight bytes, then the tensors without holes. Counters (I64) come before float tensors (F32),
/// so that every number is aligned; other writers sort the same way.
/// </summary>
internal sealed class SafetensorsLayout
{
    private const int Alignment = 8;

    /// <summary>Lays out a file.</summary>
    /// <param name="tensors">The tensors; counters become I64, all others F32.</param>
    /// <param name="metadata">Strings that describe the file, for its readers.</param>
    public SafetensorsLayout(IReadOnlyList<TensorSpec> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Tensors = [.. tensors.Where(spec => spec.IsCounter), .. tensors.Where(spec => !spec.IsCounter)];
        var text = new ArrayBufferWriter<byte>();
        long dataLength;
        using (var json = new Utf8JsonWriter(text))
            dataLength = WriteJson(json, metadata);
        var size = (text.WrittenCount + Alignment - 1) / Alignment * Alignment;
        Header = new byte[sizeof(ulong) + size];
        BinaryPrimitives.WriteUInt64LittleEndian(Header, (ulong)size);
        Header.AsSpan(sizeof(ulong)).Fill((byte)' ');
        text.WrittenSpan.CopyTo(Header.AsSpan(sizeof(ulong)));
        Length = Header.Length + dataLength;
    }

    /// <summary>The bytes before the first tensor.</summary>
    public byte[] Header { get; }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorSpec> Tensors { get; }

    /// <summary>Length of the whole file in bytes.</summary>
    public long Length { get; }

    /// <returns>Number of bytes of all tensors.</returns>
    private long WriteJson(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject();
        json.WriteStartObject("__metadata__");
        foreach (var (name, value) in metadata)
            json.WriteString(name, value);
        json.WriteEndObject();
        var offset = 0L;
        foreach (var spec in Tensors)
        {
            json.WriteStartObject(spec.Name);
            json.WriteString("dtype", spec.IsCounter ? "I64" : "F32");
            json.WriteStartArray("shape");
            foreach (var size in spec.Shape)
                json.WriteNumberValue(size);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += spec.Bytes);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        return offset;
    }
}
