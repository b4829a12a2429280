using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ModelService.Api.OpenInference;

/// <summary>Writes the answer to a request to infer: JSON, or JSON with binary data behind it.</summary>
internal static class InferAnswer
{
    /// <summary>Writes it.</summary>
    public static async Task WriteAsync(HttpContext http, InferResponse response)
    {
        var header = new ArrayBufferWriter<byte>();
        WriteJson(header, response);
        List<InferOutput> binary = [.. response.Outputs.Where(output => output.IsBinary)];
        var answer = http.Response;
        answer.ContentType = "application/json";
        answer.ContentLength = header.WrittenCount + binary.Sum(CountBytes);
        if (binary.Count > 0)
        {
            answer.ContentType = "application/octet-stream";
            answer.Headers[InferBody.LengthHeader] = header.WrittenCount.ToString(CultureInfo.InvariantCulture);
        }

        // Without a cancellation token, writing ends without an exception when the client disconnects.
        answer.BodyWriter.Write(header.WrittenSpan);
        foreach (var output in binary)
            WriteBytes(answer.BodyWriter, output);
        await answer.BodyWriter.FlushAsync(CancellationToken.None);
    }

    /// <summary>The size of an output as binary data.</summary>
    public static long CountBytes(InferOutput output) =>
        output.Texts is { } texts
            ? texts.Sum(text => sizeof(uint) + (long)Encoding.UTF8.GetByteCount(text))
            : output.Numbers.Sum(row => (long)row.Length * sizeof(float));

    /// <summary>Writes an output as binary data: little-endian numbers, or each text after its length.</summary>
    public static void WriteBytes(IBufferWriter<byte> writer, InferOutput output)
    {
        foreach (var text in output.Texts ?? [])
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(writer.GetSpan(sizeof(int)), bytes.Length);
            writer.Advance(sizeof(int));
            writer.Write(bytes);
        }

        if (output.Texts is not null)
            return;
        foreach (var row in output.Numbers)
        {
            if (BitConverter.IsLittleEndian)
            {
                writer.Write(MemoryMarshal.AsBytes(row.AsSpan()));
                continue;
            }

            foreach (var number in row)
            {
                BinaryPrimitives.WriteSingleLittleEndian(writer.GetSpan(sizeof(float)), number);
                writer.Advance(sizeof(float));
            }
        }
    }

    private static void WriteJson(ArrayBufferWriter<byte> buffer, InferResponse response)
    {
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("model_name", response.Model);
        json.WriteString("model_version", response.Version);
        if (response.Id is not null)
            json.WriteString("id", response.Id);
        json.WriteStartArray("outputs");
        foreach (var output in response.Outputs)
        {
            json.WriteStartObject();
            json.WriteString("name", output.Name);
            json.WriteString("datatype", output.Datatype);
            json.WriteStartArray("shape");
            foreach (var size in output.Shape)
                json.WriteNumberValue(size);
            json.WriteEndArray();
            if (output.IsBinary)
            {
                json.WriteStartObject("parameters");
                json.WriteNumber("binary_data_size", CountBytes(output));
                json.WriteEndObject();
            }
            else
            {
                WriteData(json, output);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteData(Utf8JsonWriter json, InferOutput output)
    {
        json.WriteStartArray("data");
        if (output.Texts is { } texts)
        {
            foreach (var text in texts)
                json.WriteStringValue(text);
        }
        else
        {
            foreach (var number in output.Numbers.SelectMany(row => row))
                json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}
