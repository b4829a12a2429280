using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ModelService.Models.Errors;
using ModelService.Models.Graph;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// How the layers of a version compute with 8-bit integers, as JSON in its definition file. Corrections of biases are
/// base64 of float32, little-endian.
/// </summary>
internal static class QuantizationJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Strict)
    {
        PropertyNamingPolicy = WireNames.Policy,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectRequiredConstructorParameters = false,
        Converters = { new JsonStringEnumConverter(WireNames.Policy, allowIntegerValues: false) },
    };

    /// <summary>Writes it.</summary>
    public static JsonNode Write(Quantization quantization) =>
        JsonSerializer.SerializeToNode(
            new Stored(
                quantization.Layers.ToDictionary(
                    layer => layer.Key,
                    layer => new StoredLayer(
                        layer.Value.Input,
                        layer.Value.Output,
                        layer.Value.Addend,
                        quantization.BiasCorrections.GetValueOrDefault(layer.Key) is { } bias ? ToBytes(bias) : null
                    )
                ),
                quantization.Report
            ),
            Options
        )!;

    /// <summary>Reads it back.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/>: it is damaged.</exception>
    public static Quantization Read(JsonElement json)
    {
        try
        {
            if (json.Deserialize<Stored>(Options) is not { Layers: not null } stored)
                throw new JsonException("It has no layers.");
            foreach (var (name, layer) in stored.Layers)
                Check(name, layer);
            return new Quantization(
                stored.Layers.ToDictionary(
                    layer => layer.Key,
                    layer => new LayerQuantization(layer.Value.Input, layer.Value.Output)
                    {
                        Addend = layer.Value.Addend,
                    }
                ),
                stored
                    .Layers.Where(layer => layer.Value.BiasCorrection is not null)
                    .ToDictionary(layer => layer.Key, layer => ToNumbers(layer.Value.BiasCorrection!))
            )
            {
                Report = stored.Report,
            };
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new ServingException(
                ErrorCode.DefinitionInvalid,
                $"'quantization' can't be read: {exception.Message}",
                exception
            );
        }
    }

    private static void Check(string name, StoredLayer layer)
    {
        if (layer is not { Input: not null, Output: not null })
            throw new JsonException($"'{name}' has no format.");
        foreach (var format in new[] { layer.Input, layer.Output, layer.Addend }.OfType<QuantizedFormat>())
        {
            if (double.IsFinite(format.Scale) && format.Scale > 0 && format.ZeroPoint is >= 0 and <= 255)
                continue;
            throw new JsonException($"'{name}' has the scale {format.Scale} and the zero point {format.ZeroPoint}.");
        }
    }

    private static byte[] ToBytes(float[] numbers)
    {
        var bytes = new byte[numbers.Length * sizeof(float)];
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), numbers[i]);
        return bytes;
    }

    private static float[] ToNumbers(byte[] bytes)
    {
        var numbers = new float[bytes.Length / sizeof(float)];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        return numbers;
    }

    private sealed record Stored(IReadOnlyDictionary<string, StoredLayer> Layers, QuantizationReport? Report);

    private sealed record StoredLayer(
        QuantizedFormat Input,
        QuantizedFormat Output,
        QuantizedFormat? Addend,
        byte[]? BiasCorrection
    );
}
