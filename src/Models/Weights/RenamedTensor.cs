namespace ModelService.Models.Weights;

/// <summary>A name whose prefix was left out.</summary>
/// <param name="From">The name in the file.</param>
/// <param name="To">The name it is taken for.</param>
public sealed record RenamedTensor(string From, string To);
