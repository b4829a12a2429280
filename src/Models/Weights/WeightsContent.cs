namespace ModelService.Models.Weights;

/// <summary>The content of a weights file.</summary>
/// <param name="Tensors">The tensors, in file order.</param>
/// <param name="Wrapper">The key under which the file has the state dict; null if it has none.</param>
/// <param name="Skipped">The entries beside the tensors that are not read; null for none.</param>
/// <param name="RandomTensors">Names of the tensors that the file's metadata lists as random; null for none.</param>
internal sealed record WeightsContent(
    IReadOnlyList<StoredTensor> Tensors,
    string? Wrapper = null,
    IReadOnlyList<SkippedEntry>? Skipped = null,
    IReadOnlyList<string>? RandomTensors = null
);
