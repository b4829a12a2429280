namespace ModelService.Models.Weights;

/// <summary>What a reader found in a file.</summary>
/// <param name="Tensors">In file order.</param>
/// <param name="Wrapper">The key under which the weights stood, or null.</param>
internal sealed record WeightsContent(IReadOnlyList<StoredTensor> Tensors, string? Wrapper = null);
