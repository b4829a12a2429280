using System.Text.Json;
using System.Text.Json.Serialization;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Tensors;

namespace ModelService.Models.Int8;

/// <summary>The images of a quantization in the background, as a file of JSON: each is a picture or a tensor.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals
)]
[JsonSerializable(typeof(List<StoredImage>))]
internal sealed partial class QuantizationImages : JsonSerializerContext
{
    /// <summary>The bytes that a file of images takes at most.</summary>
    public static long Measure(IReadOnlyList<PredictionInput> images)
    {
        const int PerNumber = 16; // as text
        return images.Sum(image =>
            image switch
            {
                EncodedImage picture => 2L * picture.Encoded.Length,
                RawTensor tensor => (long)PerNumber * tensor.Data.Length,
                _ => 0,
            }
        );
    }

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
                    EncodedImage picture => new StoredImage { Encoded = picture.Encoded },
                    RawTensor tensor => new StoredImage { Shape = tensor.Shape, Data = tensor.Data },
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
                image.Encoded is { } encoded
                    ? (PredictionInput)new EncodedImage(encoded)
                    : new RawTensor(image.Shape!, image.Data!.Value)
            ),
        ];
    }
}

/// <summary>A picture or a tensor.</summary>
internal sealed record StoredImage
{
    /// <summary>The bytes of the picture; null for a tensor.</summary>
    public ReadOnlyMemory<byte>? Encoded { get; init; }

    /// <summary>The shape of the tensor; null for a picture.</summary>
    public IReadOnlyList<long>? Shape { get; init; }

    /// <summary>The numbers of the tensor; null for a picture.</summary>
    public ReadOnlyMemory<float>? Data { get; init; }
}
