using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>
/// An expected tensor and the stored one that fits: both have the same shape and, up to prefixes and wrappers, the same
/// name.
/// </summary>
/// <param name="Expected">The architecture's tensor.</param>
/// <param name="Stored">The tensor to copy from; valid while its file is open.</param>
public sealed record TensorPair(TensorSpec Expected, StoredTensor Stored);
