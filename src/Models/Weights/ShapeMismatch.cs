namespace ModelService.Models.Weights;

/// <summary>A tensor whose shape in the file differs from its shape in the architecture.</summary>
/// <param name="Name">The tensor's name in the architecture.</param>
/// <param name="Expected">The sizes in the architecture.</param>
/// <param name="Found">The sizes in the file.</param>
public sealed record ShapeMismatch(string Name, IReadOnlyList<long> Expected, IReadOnlyList<long> Found);
