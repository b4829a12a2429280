namespace ModelService.Models.Weights;

/// <summary>A tensor of a <c>training_only</c> layer: stored with the model's tensors, and not computed with.</summary>
/// <param name="Name">The tensor's name in the architecture.</param>
/// <param name="Shape">The sizes in the file; the first one may differ from the architecture's.</param>
public sealed record KeptTensor(string Name, IReadOnlyList<long> Shape);
