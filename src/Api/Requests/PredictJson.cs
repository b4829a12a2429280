using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Api.Requests;

/// <summary>
/// Reads the inputs of a prediction from JSON. Numbers and images go from the text into the input that is computed: no
/// document is built, which would take many times the memory of the text.
/// </summary>
internal static class PredictJson
{
    private const string Shape = "The body must be an object with exactly one property, \"images\" or \"tensors\".";

    /// <summary>Reads <c>{"images": [...]}</c> or <c>{"tensors": [...]}</c>.</summary>
    /// <param name="body">The body.</param>
    /// <param name="maxInputs">Largest number of inputs; the first one too many ends the reading.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>, with the location.</exception>
    public static List<PredictionInput> Read(ReadOnlyMemory<byte> body, int maxInputs)
    {
        var json = RequestBody.StartOfJson(body.Span);
        try
        {
            return Read(json, maxInputs);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // An InvalidOperationException means that a string contains half a surrogate pair.
            throw RequestBody.Malformed(json, exception);
        }
    }

    private static List<PredictionInput> Read(ReadOnlySpan<byte> json, int maxInputs)
    {
        var reader = new Utf8JsonReader(json, RequestBody.Strict);
        reader.Read();
        if (
            reader.TokenType != JsonTokenType.StartObject
            || !reader.Read()
            || reader.TokenType == JsonTokenType.EndObject
        )
        {
            throw new ServingException(ErrorCode.MalformedRequest, Shape);
        }

        var name = reader.GetString()!;
        if (name is not ("images" or "tensors"))
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The property '{Suggestions.Shorten(name)}' is unknown. Use \"images\" or \"tensors\".",
                [new ErrorDetail(JsonPointer.Append("", name), "The property is unknown.")]
            );
        }

        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw ServingException.MalformedAt("/" + name, "It must be a list with at least one element.");
        var inputs = new List<PredictionInput>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (inputs.Count == maxInputs)
                throw PredictRequest.TooMany($"more than {maxInputs} {name}", maxInputs);
            var pointer = $"/{name}/{inputs.Count}";
            inputs.Add(
                name == "images" ? ReadImage(ref reader, pointer) : ReadTensor(ref reader, json.Length, pointer)
            );
        }

        if (inputs.Count == 0)
            throw ServingException.MalformedAt("/" + name, "It must be a list with at least one element.");
        reader.Read();
        if (reader.TokenType != JsonTokenType.EndObject)
            throw new ServingException(ErrorCode.MalformedRequest, Shape);
        reader.Read(); // throws when something follows
        return inputs;
    }

    /// <summary>Reads an image from a string in base64.</summary>
    internal static EncodedImage ReadImage(ref Utf8JsonReader reader, string pointer)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw ServingException.MalformedAt(pointer, "It must be a string with the image's bytes in base64.");
        if (reader.TryGetBytesFromBase64(out var bytes))
            return new EncodedImage(bytes);

        // Not strictly RFC 4648.
        var text = new byte[reader.ValueSpan.Length];
        var length = reader.CopyString(text);
        return new EncodedImage(
            Base64Text.Read(text.AsSpan(0, length), out var error)
                ?? throw ServingException.MalformedAt(
                    pointer,
                    $"It must be a string with the image's bytes in base64. {error}"
                )
        );
    }

    private static RawTensor ReadTensor(ref Utf8JsonReader reader, int textLength, string pointer) =>
        TensorJson.Read(ref reader, textLength, pointer, out var error)
        ?? throw ServingException.MalformedAt(error!.Pointer, error.Detail);
}
