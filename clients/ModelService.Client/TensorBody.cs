namespace ModelService.Client;

/// <summary>A tensor: an input of a model, which is not preprocessed.</summary>
public sealed record TensorBody
{
    /// <summary>The sizes without the batch, such as 3, 224, 224.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>The numbers, row-major.</summary>
    public required IReadOnlyList<float> Data { get; init; }
}
