using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>A wanted tensor and the stored one that fits it: same shape, and the same name but for a prefix.</summary>
/// <param name="Expected">What the architecture wants.</param>
/// <param name="Stored">What to copy from; valid while its file is open.</param>
public sealed record TensorPair(TensorSpec Expected, StoredTensor Stored);
