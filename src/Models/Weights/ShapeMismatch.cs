namespace ModelService.Models.Weights;

/// <summary>A tensor that is in the file with another shape than the architecture wants.</summary>
/// <param name="Name">The architecture's name of it.</param>
/// <param name="Expected">The sizes the architecture wants.</param>
/// <param name="Found">The sizes in the file.</param>
public sealed record ShapeMismatch(string Name, IReadOnlyList<long> Expected, IReadOnlyList<long> Found);
