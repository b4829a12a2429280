namespace ModelService.Api.Contracts;

/// <summary>Images or tensors in JSON; just one of the two.</summary>
/// <param name="Images">The images' bytes in base64.</param>
/// <param name="Tensors">The model's inputs as they are, without preprocessing.</param>
public sealed record PredictBody(IReadOnlyList<string>? Images, IReadOnlyList<TensorBody>? Tensors);

/// <summary>One input of a model.</summary>
/// <param name="Shape">Its sizes, the batch dimension left out, such as <c>[3, 32, 32]</c>.</param>
/// <param name="Data">Its numbers, row-major: flat, or nested as the shape says.</param>
public sealed record TensorBody(IReadOnlyList<int> Shape, IReadOnlyList<float> Data);
