using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace ModelService.Client;

/// <summary>A request to infer as a body: JSON, and behind it the bytes of the inputs, which are not copied.</summary>
internal sealed class InferenceContent : HttpContent
{
    /// <summary>The header with the length of the JSON.</summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    private readonly InferenceRequest request;
    private readonly ReadOnlyMemory<byte> json;

    /// <summary>Creates it.</summary>
    public InferenceContent(InferenceRequest request)
    {
        this.request = request;
        var buffer = new ArrayBufferWriter<byte>();
        Write(buffer, request);
        json = buffer.WrittenMemory;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        Headers.Add(LengthHeader, json.Length.ToString(CultureInfo.InvariantCulture));
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, default);

    protected override async Task SerializeToStreamAsync(
        Stream stream,
        TransportContext? context,
        CancellationToken cancellationToken
    )
    {
        await stream.WriteAsync(json, cancellationToken).ConfigureAwait(false);
        foreach (var input in request.Inputs)
            await stream.WriteAsync(input.Data, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = json.Length + request.Inputs.Sum(input => (long)input.Data.Length);
        return true;
    }

    private static void Write(ArrayBufferWriter<byte> buffer, InferenceRequest request)
    {
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        if (request.Id is { } id)
            writer.WriteString("id", id);
        writer.WriteStartObject("parameters");
        writer.WriteBoolean("binary_data_output", true);
        if (request.Priority is { } priority)
            writer.WriteNumber("priority", priority);
        if (request.Timeout is { } timeout)
            writer.WriteNumber("timeout", (long)timeout.TotalMicroseconds);
        writer.WriteEndObject();
        writer.WriteStartArray("inputs");
        foreach (var input in request.Inputs)
        {
            writer.WriteStartObject();
            writer.WriteString("name", input.Name);
            writer.WriteString("datatype", input.Datatype);
            writer.WriteStartArray("shape");
            foreach (var size in input.Shape)
                writer.WriteNumberValue(size);
            writer.WriteEndArray();
            writer.WriteStartObject("parameters");
            writer.WriteNumber("binary_data_size", input.Data.Length);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (request.Outputs is { } outputs)
        {
            writer.WriteStartArray("outputs");
            foreach (var output in outputs)
            {
                writer.WriteStartObject();
                writer.WriteString("name", output);
                if (request.Classification is { } classes)
                {
                    writer.WriteStartObject("parameters");
                    writer.WriteNumber("classification", classes);
                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
