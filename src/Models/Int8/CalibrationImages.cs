using System.Runtime.CompilerServices;
using ModelService.Models.Datasets;
using ModelService.Models.Tensors;

namespace ModelService.Models.Int8;

/// <summary>
/// Images that calibrate a version. They are read one after another, since all of them may not fit into the memory.
/// </summary>
/// <param name="Count">How many there are.</param>
/// <param name="Bytes">Their bytes together.</param>
/// <param name="Inputs">Reads them; each time anew.</param>
public sealed record CalibrationImages(int Count, long Bytes, IAsyncEnumerable<PredictionInput> Inputs)
{
    /// <summary>Images that are in memory, as those of a request.</summary>
    /// <param name="inputs">The images.</param>
    public static CalibrationImages From(IReadOnlyList<PredictionInput> inputs) =>
        new(inputs.Count, inputs.Sum(Measure), inputs.ToAsyncEnumerable());

    /// <summary>Images of a data set.</summary>
    /// <param name="images">The images.</param>
    internal static CalibrationImages From(IReadOnlyList<DatasetImage> images) =>
        new(images.Count, images.Sum(image => (long)image.Length), ReadAsync(images));

    private static long Measure(PredictionInput input) =>
        input switch
        {
            EncodedImage picture => picture.Encoded.Length,
            RawTensor tensor => (long)sizeof(float) * tensor.Data.Length,
            _ => 0,
        };

    private static async IAsyncEnumerable<PredictionInput> ReadAsync(
        IReadOnlyList<DatasetImage> images,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        foreach (var image in images)
            yield return new EncodedImage(await image.ReadAsync(cancellationToken));
    }
}
