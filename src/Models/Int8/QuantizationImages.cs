using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Tensors;

namespace ModelService.Models.Int8;

/// <summary>The images of a quantization in the background, as a file of JSON: each is a picture or a tensor.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(List<StoredImage>))]
internal sealed partial class QuantizationImages : JsonSerializerContext
{
    /// <summary>The bytes that a file of images takes at most.</summary>
    public static long Measure(IReadOnlyList<PredictionInput> images) =>
        images.Sum(image =>
            image switch
            {
                EncodedImage picture => 2L * picture.Encoded.Length, // in base64
                RawTensor tensor => 2L * sizeof(float) * tensor.Data.Length,
                _ => 0,
            }
        );

    /// <summary>Writes the images.</summary>
    /// <param name="path">The file, which is not there yet.</param>
    /// <param name="images">The images.</param>
    public static void Write(string path, IReadOnlyList<PredictionInput> images)
    {
        List<StoredImage> stored =
        [
            .. images.Select(image =>
                image switch
                {
                    EncodedImage picture => new StoredImage(picture.Encoded, null),
                    RawTensor tensor => new StoredImage(
                        MemoryMarshal.AsBytes(tensor.Data.Span).ToArray(),
                        tensor.Shape
                    ),
                    _ => throw new NotSupportedException($"There is no {image.GetType().Name} in a file of images."),
                }
            ),
        ];
        DurableFiles.Write(path, [JsonSerializer.SerializeToUtf8Bytes(stored, Default.ListStoredImage)]);
    }

    /// <summary>Reads the images.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<List<PredictionInput>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = DurableFiles.Open(path);
        var stored = await JsonSerializer.DeserializeAsync(file, Default.ListStoredImage, cancellationToken);
        return
        [
            .. stored!.Select(image =>
                image.Shape is { } shape
                    ? (PredictionInput)new RawTensor(shape, MemoryMarshal.Cast<byte, float>(image.Bytes.Span).ToArray())
                    : new EncodedImage(image.Bytes)
            ),
        ];
    }
}

/// <summary>A picture or a tensor.</summary>
/// <param name="Bytes">The bytes of the picture, or the numbers of the tensor.</param>
/// <param name="Shape">The shape of the tensor; null for a picture.</param>
internal sealed record StoredImage(ReadOnlyMemory<byte> Bytes, IReadOnlyList<long>? Shape);
