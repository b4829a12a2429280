using System.Text.Json.Nodes;

namespace ModelService.Client;

/// <summary>One layer or block of an analysis.</summary>
public sealed record LayerAnalysisResponse
{
    /// <summary>JSON Pointer to the layer's definition. All copies made by a repeat have the same pointer.</summary>
    public required string Pointer { get; init; }

    /// <summary>The layer's key in the state dict: the prefix of its tensors' names.</summary>
    public required string Key { get; init; }

    /// <summary>The layer type.</summary>
    public required string Type { get; init; }

    /// <summary>
    /// Shape of the output, without the batch dimension. The shape, or one of its sizes, is null when an error keeps
    /// it from being known.
    /// </summary>
    public IReadOnlyList<long>? OutputShape { get; init; }

    /// <summary>Number of trainable parameters of the layer.</summary>
    public required long Parameters { get; init; }

    /// <summary>Multiply-accumulate operations for one input.</summary>
    public required long Macs { get; init; }

    /// <summary>Bytes of the output for one input, in float32.</summary>
    public required long ActivationBytes { get; init; }

    /// <summary>
    /// The part of the input that one number of a layer's output depends on, in each spatial dimension.
    /// </summary>
    public ReceptiveField? ReceptiveField { get; init; }

    /// <summary>
    /// True when an error in this layer or in an earlier one keeps the shapes or costs from being known; otherwise
    /// absent.
    /// </summary>
    public bool? DependsOnError { get; init; }
}

/// <summary>Description of a kind of layer.</summary>
public sealed record LayerDescription
{
    /// <summary>Value of <c>"type"</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Description of the layer in one line.</summary>
    public required string Meaning { get; init; }

    /// <summary>The layer's parameters.</summary>
    public required IReadOnlyList<LayerParameter> Parameters { get; init; }
}

/// <summary>The layer types of the architecture language.</summary>
public sealed record LayerListResponse
{
    /// <summary>The types, each with its parameters.</summary>
    public required IReadOnlyList<LayerDescription> Layers { get; init; }
}

/// <summary>A layer's parameter.</summary>
public sealed record LayerParameter
{
    /// <summary>Its name in JSON.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of value, in words.</summary>
    public required string Type { get; init; }

    /// <summary>Whether it must be given.</summary>
    public required bool Required { get; init; }

    /// <summary>Value when it is left out; null when it is then inferred, or not set.</summary>
    public JsonNode? Default { get; init; }

    /// <summary>Least number accepted.</summary>
    public double? Minimum { get; init; }

    /// <summary>Greatest number accepted; null when there is no limit worth naming.</summary>
    public double? Maximum { get; init; }

    /// <summary>The accepted texts; null when they are not limited to certain ones.</summary>
    public IReadOnlyList<string>? Values { get; init; }

    /// <summary>Description of the parameter in one line.</summary>
    public required string Meaning { get; init; }
}

/// <summary>
/// The part of the input that one number of a layer's output depends on, in each spatial dimension.
/// </summary>
public sealed record ReceptiveField
{
    /// <summary>
    /// Side of that part, in elements of the input; padding counts, so a side can exceed the input's.
    /// </summary>
    public required IReadOnlyList<long> Size { get; init; }

    /// <summary>Distance between the parts of neighbouring numbers, in elements of the input.</summary>
    public required IReadOnlyList<long> Stride { get; init; }
}
