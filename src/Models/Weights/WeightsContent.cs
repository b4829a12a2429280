namespace ModelService.Models.Weights;

/// <summary>What a reader found in a file.</summary>
/// <param name="Tensors">In file order.</param>
/// <param name="Wrapper">The key under which the weights stood, or null.</param>
/// <param name="RandomTensors">Names of those that the file says are random; null for none.</param>
internal sealed record WeightsContent(
    IReadOnlyList<StoredTensor> Tensors,
    string? Wrapper = null,
    IReadOnlyList<string>? RandomTensors = null
);
