namespace ModelService.Models.Weights;

/// <summary>A tensor whose element type in the file differs from its type in the model.</summary>
/// <param name="Name">The tensor's name in the architecture.</param>
/// <param name="From">The element type in the file, such as <c>float16</c>.</param>
/// <param name="To">The element type in the model: <c>float32</c>, or <c>int64</c> for a counter.</param>
public sealed record ConvertedTensor(string Name, string From, string To);
