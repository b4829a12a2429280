using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json;

namespace ModelService.Client;

/// <summary>Reads an answer to a request to infer: JSON, and behind it the bytes of the outputs.</summary>
internal static class InferenceAnswer
{
    /// <summary>Reads it.</summary>
    /// <param name="bytes">The answer.</param>
    /// <param name="jsonLength">The length of the JSON.</param>
    /// <exception cref="ModelServiceException">It is not what the protocol describes.</exception>
    public static InferenceResult Read(byte[] bytes, int jsonLength)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes.AsMemory(0, jsonLength));
            var json = document.RootElement;
            var rest = bytes.AsMemory(jsonLength);
            var outputs = new List<InferenceOutput>();
            foreach (var output in json.GetProperty("outputs").EnumerateArray())
            {
                var datatype = output.GetProperty("datatype").GetString()!;
                var data = ReadData(output, datatype, ref rest);
                outputs.Add(
                    new InferenceOutput(
                        output.GetProperty("name").GetString()!,
                        datatype,
                        [.. output.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())],
                        data
                    )
                );
            }

            return new InferenceResult(
                json.GetProperty("model_name").GetString()!,
                json.TryGetProperty("model_version", out var version) ? version.GetString() : null,
                json.TryGetProperty("id", out var id) ? id.GetString() : null,
                outputs
            );
        }
        catch (Exception exception)
            when (exception
                    is JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or ArgumentOutOfRangeException
                        or FormatException
            )
        {
            throw new ModelServiceException(
                HttpStatusCode.OK,
                "",
                "The server's answer is not what the protocol describes.",
                innerException: exception
            );
        }
    }

    private static ReadOnlyMemory<byte> ReadData(JsonElement output, string datatype, ref Memory<byte> rest)
    {
        if (
            output.TryGetProperty("parameters", out var parameters)
            && parameters.TryGetProperty("binary_data_size", out var size)
        )
        {
            var data = rest[..size.GetInt32()];
            rest = rest[data.Length..];
            return data;
        }

        var buffer = new ArrayBufferWriter<byte>();
        WriteData(buffer, output.GetProperty("data"), datatype);
        return buffer.WrittenMemory;
    }

    // JSON data as the binary data that other servers, without the extension, do not send.
    private static void WriteData(ArrayBufferWriter<byte> buffer, JsonElement data, string datatype)
    {
        if (data.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in data.EnumerateArray())
                WriteData(buffer, item, datatype);
            return;
        }

        var span = buffer.GetSpan(sizeof(ulong));
        switch (datatype)
        {
            case "BYTES":
                var text = Encoding.UTF8.GetBytes(data.GetString()!);
                BinaryPrimitives.WriteInt32LittleEndian(span, text.Length);
                buffer.Advance(sizeof(int));
                buffer.Write(text);
                break;
            case "FP32":
                BinaryPrimitives.WriteSingleLittleEndian(span, data.GetSingle());
                buffer.Advance(sizeof(float));
                break;
            case "FP64":
                BinaryPrimitives.WriteDoubleLittleEndian(span, data.GetDouble());
                buffer.Advance(sizeof(double));
                break;
            case "INT64" or "UINT64":
                BinaryPrimitives.WriteInt64LittleEndian(span, data.GetInt64());
                buffer.Advance(sizeof(long));
                break;
            case "INT32" or "UINT32":
                BinaryPrimitives.WriteInt32LittleEndian(span, unchecked((int)data.GetInt64()));
                buffer.Advance(sizeof(int));
                break;
            case "BOOL":
                span[0] = data.GetBoolean() ? (byte)1 : (byte)0;
                buffer.Advance(1);
                break;
            default:
                throw new FormatException($"Outputs of {datatype} as JSON can't be read.");
        }
    }
}
