namespace ModelService.Models.Tensors;

/// <summary>One thing to score.</summary>
public abstract record PredictionInput;

/// <summary>A photo.</summary>
/// <param name="Encoded">The file's bytes, borrowed until the prediction is there.</param>
public sealed record EncodedImage(ReadOnlyMemory<byte> Encoded) : PredictionInput;

/// <summary>The model's input as it is, without preprocessing.</summary>
/// <param name="Shape">Its sizes without the batch dimension, such as <c>[3, 32, 32]</c>.</param>
/// <param name="Data">Its numbers, row-major.</param>
public sealed record RawTensor(IReadOnlyList<long> Shape, float[] Data) : PredictionInput;
