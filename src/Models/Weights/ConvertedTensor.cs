namespace ModelService.Models.Weights;

/// <summary>A tensor that is stored in another element type than the one it is used in.</summary>
/// <param name="Name">The architecture's name of it.</param>
/// <param name="From">The type in the file, such as <c>float16</c>.</param>
/// <param name="To">The type it becomes: <c>float32</c>, or <c>int64</c> for a counter.</param>
public sealed record ConvertedTensor(string Name, string From, string To);
