namespace ModelService.Models.Weights;

/// <summary>A tensor whose name was shortened by a prefix.</summary>
/// <param name="From">The name in the file.</param>
/// <param name="To">The name without the prefix, which is compared to the architecture's names.</param>
public sealed record RenamedTensor(string From, string To);
