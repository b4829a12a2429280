namespace ModelService.Models.Tensors;

/// <summary>One input of a prediction.</summary>
public abstract record PredictionInput
{
    /// <summary>The name of the file that it was sent as; null for an input that is no file.</summary>
    public string? FileName { get; init; }
}

/// <summary>An encoded image, to be preprocessed.</summary>
/// <param name="Encoded">The file's bytes; they must not change until the prediction has ended.</param>
public sealed record EncodedImage(ReadOnlyMemory<byte> Encoded) : PredictionInput;

/// <summary>A tensor, which becomes the model's input without preprocessing.</summary>
/// <param name="Shape">The sizes without the batch dimension, such as <c>[3, 32, 32]</c>.</param>
/// <param name="Data">The numbers, row-major.</param>
public sealed record RawTensor(IReadOnlyList<long> Shape, ReadOnlyMemory<float> Data) : PredictionInput;
