namespace ModelService.Models.Weights;

/// <summary>A tensor whose name in the file has a prefix, or a wrapper's word inside.</summary>
/// <param name="From">The name in the file.</param>
/// <param name="To">The name without these, which is compared to the architecture's names.</param>
public sealed record RenamedTensor(string From, string To);
