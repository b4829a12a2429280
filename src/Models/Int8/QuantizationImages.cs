using System.Runtime.CompilerServices;
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
[JsonSerializable(typeof(IAsyncEnumerable<StoredImage>))]
internal sealed partial class QuantizationImages : JsonSerializerContext
{
    /// <summary>The bytes that a file of images takes at most.</summary>
    public static long Measure(CalibrationImages images) => 2 * images.Bytes; // in base64

    /// <summary>Writes the images.</summary>
    /// <param name="path">The file, which is not there yet.</param>
    /// <param name="images">The images.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task WriteAsync(string path, CalibrationImages images, CancellationToken cancellationToken)
    {
        await using var file = DurableFiles.Create(path);
        await JsonSerializer.SerializeAsync(
            file,
            images.Inputs.Select(Store),
            Default.IAsyncEnumerableStoredImage,
            cancellationToken
        );
        file.Flush(flushToDisk: true);
    }

    /// <summary>Opens a file of images.</summary>
    /// <param name="path">The file. It may not change while the images are in use.</param>
    /// <param name="count">How many images it has.</param>
    public static CalibrationImages Open(string path, int count) =>
        new(count, new FileInfo(path).Length, ReadAsync(path));

    private static async IAsyncEnumerable<PredictionInput> ReadAsync(
        string path,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await using var file = DurableFiles.Open(path);
        var stored = JsonSerializer.DeserializeAsyncEnumerable(file, Default.StoredImage, cancellationToken);
        await foreach (var image in stored)
            yield return Load(image!);
    }

    private static StoredImage Store(PredictionInput image) =>
        image switch
        {
            EncodedImage picture => new StoredImage(picture.Encoded, null),
            RawTensor tensor => new StoredImage(MemoryMarshal.AsBytes(tensor.Data.Span).ToArray(), tensor.Shape),
            _ => throw new NotSupportedException($"There is no {image.GetType().Name} in a file of images."),
        };

    private static PredictionInput Load(StoredImage image) =>
        image.Shape is { } shape
            ? new RawTensor(shape, MemoryMarshal.Cast<byte, float>(image.Bytes.Span).ToArray())
            : new EncodedImage(image.Bytes);
}

/// <summary>A picture or a tensor.</summary>
/// <param name="Bytes">The bytes of the picture, or the numbers of the tensor.</param>
/// <param name="Shape">The shape of the tensor; null for a picture.</param>
internal sealed record StoredImage(ReadOnlyMemory<byte> Bytes, IReadOnlyList<long>? Shape);
