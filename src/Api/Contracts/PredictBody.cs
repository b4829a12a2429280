namespace ModelService.Api.Contracts;

/// <summary>The inputs of a prediction as JSON: either images or tensors.</summary>
/// <param name="Images">The images' bytes, in base64.</param>
/// <param name="Tensors">The model's inputs. They are not preprocessed.</param>
public sealed record PredictBody(IReadOnlyList<string>? Images, IReadOnlyList<TensorBody>? Tensors);

/// <summary>One input of a model.</summary>
/// <param name="Shape">The tensor's sizes without the batch dimension, such as <c>[3, 32, 32]</c>.</param>
/// <param name="Data">The tensor's numbers in row-major order, either flat or nested according to the shape.</param>
public sealed record TensorBody(IReadOnlyList<int> Shape, IReadOnlyList<float> Data);
