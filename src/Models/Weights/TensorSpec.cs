namespace ModelService.Models.Weights;

/// <summary>A tensor that an architecture wants.</summary>
/// <param name="Name">Its name in the state dict, such as <c>layer1.0.conv1.weight</c>.</param>
/// <param name="Shape">Its sizes, outermost first; empty for a single number.</param>
/// <param name="IsCounter">A batch norm's <c>num_batches_tracked</c>: int64, not used for inference, may be missing.</param>
public sealed record TensorSpec(string Name, IReadOnlyList<long> Shape, bool IsCounter);
