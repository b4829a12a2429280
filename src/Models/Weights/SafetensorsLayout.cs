using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>
/// The header of a safetensors file that is to be written, by the format's rules: eight bytes of size, JSON filled up with spaces to a
/// multiple of eight, tensors without holes. Counters come first, as other writers sort them: so that each number stands aligned.
/// </summary>
internal sealed class SafetensorsLayout
{
    private const int Alignment = 8;

    /// <summary>Lays out a file.</summary>
    /// <param name="tensors">The tensors; counters become I64, all else F32.</param>
    /// <param name="metadata">Strings about the file, for whoever reads it.</param>
    public SafetensorsLayout(IReadOnlyList<TensorSpec> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Tensors = [.. tensors.Where(spec => spec.IsCounter), .. tensors.Where(spec => !spec.IsCounter)];
        var text = new ArrayBufferWriter<byte>();
        long end;
        using (var json = new Utf8JsonWriter(text))
            end = Write(json, metadata);
        var size = (text.WrittenCount + Alignment - 1) / Alignment * Alignment;
        Header = new byte[sizeof(ulong) + size];
        BinaryPrimitives.WriteUInt64LittleEndian(Header, (ulong)size);
        Header.AsSpan(sizeof(ulong)).Fill((byte)' ');
        text.WrittenSpan.CopyTo(Header.AsSpan(sizeof(ulong)));
        Length = Header.Length + end;
    }

    /// <summary>All that stands before the tensors.</summary>
    public byte[] Header { get; }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorSpec> Tensors { get; }

    /// <summary>Bytes of the whole file.</summary>
    public long Length { get; }

    private long Write(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
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
