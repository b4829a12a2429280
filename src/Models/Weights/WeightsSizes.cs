namespace ModelService.Models.Weights;

/// <summary>How large weights are.</summary>
/// <param name="FileBytes">Bytes of the file; null when the tensors come from another model.</param>
/// <param name="LoadedBytes">Bytes that the tensors that fit take in the model.</param>
/// <param name="ModelBytes">Bytes of all tensors of the model.</param>
public sealed record WeightsSizes(long? FileBytes, long LoadedBytes, long ModelBytes);
