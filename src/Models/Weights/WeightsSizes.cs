namespace ModelService.Models.Weights;

/// <summary>Sizes of weights.</summary>
/// <param name="FileBytes">Bytes of the file; null when the tensors come from another model.</param>
/// <param name="LoadedBytes">Bytes of the loaded tensors in the model.</param>
/// <param name="ModelBytes">Bytes of all tensors in the model.</param>
public sealed record WeightsSizes(long? FileBytes, long LoadedBytes, long ModelBytes);
