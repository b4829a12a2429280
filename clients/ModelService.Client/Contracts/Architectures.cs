using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>The shapes, parameters and costs of an architecture.</summary>
public sealed record AnalysisResponse
{
    /// <summary>Shape of the input, without the batch dimension.</summary>
    public required IReadOnlyList<long> InputShape { get; init; }

    /// <summary>Shape of the output, without the batch dimension.</summary>
    public required IReadOnlyList<long> OutputShape { get; init; }

    /// <summary>Number of trainable parameters.</summary>
    public required long Parameters { get; init; }

    /// <summary>
    /// Multiply-accumulate operations for one input, in convolutions and linear layers. Biases are not counted.
    /// </summary>
    public required long Macs { get; init; }

    /// <summary>Bytes of all layers' outputs for one input, in float32.</summary>
    public required long ActivationBytes { get; init; }

    /// <summary>Bytes of the weights in each precision. Counters are int64 in all of them.</summary>
    public required WeightBytesResponse WeightBytes { get; init; }

    /// <summary>
    /// Estimated bytes that serving takes in float32: the weights, and the layer outputs that are held at the same
    /// time at the peak. Memory that the native library needs for itself is not counted.
    /// </summary>
    public required EstimatedMemoryResponse EstimatedMemory { get; init; }

    /// <summary>Key of the layer that computes the class scores.</summary>
    public string? HeadLayer { get; init; }

    /// <summary>
    /// Advice on an architecture that is valid but could be improved, each with a JSON Pointer. A warning never
    /// causes an error.
    /// </summary>
    public required IReadOnlyList<ErrorDetail> Warnings { get; init; }

    /// <summary>All layers and blocks, in order. A block comes before the layers it contains.</summary>
    public required IReadOnlyList<LayerAnalysisResponse> Layers { get; init; }

    /// <summary>The tensors that a weights file must hold, in PyTorch's order.</summary>
    public required IReadOnlyList<TensorResponse> StateDict { get; init; }
}

/// <summary>A network as its author wrote it: the shape of the input, and the layers.</summary>
public sealed record ArchitectureDefinition
{
    /// <summary>
    /// The shape of a network's input, without the batch dimension: a picture's three sizes, or any shape.
    /// </summary>
    public required InputDefinition Input { get; init; }

    /// <summary>The layers, in order.</summary>
    public required IReadOnlyList<JsonNode?> Layers { get; init; }

    /// <summary>Key of the layer that gives one score per class; null: the last layer with weights.</summary>
    public string? HeadLayer { get; init; }

    /// <summary>
    /// How photos become the input of models that don't say it themselves: a preset's name, or an object as
    /// <see cref="PreprocessingDefinition"/>; null: <c>unit</c>.
    /// </summary>
    public JsonNode? Preprocessing { get; init; }
}

/// <summary>A family of networks, with the idea it introduced.</summary>
public sealed record ArchitectureFamily
{
    /// <summary>The family's name, with which the names of its networks begin.</summary>
    public required string Name { get; init; }

    /// <summary>Its idea, in two sentences.</summary>
    public required string Idea { get; init; }

    /// <summary>Where it was published.</summary>
    public required string Paper { get; init; }
}

/// <summary>The formats in which a model's network can be downloaded.</summary>
[JsonConverter(typeof(WireEnumConverter<ArchitectureFormat>))]
public enum ArchitectureFormat
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>json</c>.</summary>
    Json,

    /// <summary>The value <c>pytorch</c>.</summary>
    Pytorch,
}

/// <summary>The predefined architectures.</summary>
public sealed record ArchitectureListResponse
{
    /// <summary>The architectures' names.</summary>
    public required IReadOnlyList<string> Architectures { get; init; }

    /// <summary>
    /// The names of those that come with weights, for <c>"pretrained": true</c> in a model's definition.
    /// </summary>
    public required IReadOnlyList<string> Pretrained { get; init; }
}

/// <summary>A predefined architecture.</summary>
public sealed record ArchitectureResponse
{
    /// <summary>The architecture's name, to be used as <c>"base"</c> in a model's definition.</summary>
    public required string Name { get; init; }

    /// <summary>A family of networks, with the idea it introduced.</summary>
    public required ArchitectureFamily Family { get; init; }

    /// <summary>
    /// How a photo becomes the network's input: a preset's name, or an object as <see cref="PreprocessingDefinition"/>.
    /// </summary>
    public required JsonNode Preprocessing { get; init; }

    /// <summary>Whether it comes with weights, for <c>"pretrained": true</c> in a definition.</summary>
    public required bool Pretrained { get; init; }

    /// <summary>The network in the architecture language. Copy it to write a network of your own.</summary>
    public JsonNode? Definition { get; init; }

    /// <summary>The shapes, parameters and costs of an architecture.</summary>
    public required AnalysisResponse Analysis { get; init; }
}

/// <summary>
/// Estimated bytes that serving takes in float32: the weights, and the layer outputs that are held at the same time
/// at the peak. Memory that the native library needs for itself is not counted.
/// </summary>
public sealed record EstimatedMemoryResponse
{
    /// <summary>For a batch of one input.</summary>
    public required long Batch1 { get; init; }

    /// <summary>For the largest batch that the server computes at once on the device <c>auto</c>.</summary>
    public required long LargestBatch { get; init; }

    /// <summary>Number of inputs in that largest batch.</summary>
    public required int LargestBatchSize { get; init; }
}

/// <summary>
/// The shape of a network's input, without the batch dimension: a picture's three sizes, or any shape.
/// </summary>
public sealed record InputDefinition
{
    /// <summary>Channels of a picture: 3 for RGB, 1 for grayscale.</summary>
    public int? Channels { get; init; }

    /// <summary>Height of a picture, in pixels.</summary>
    public int? Height { get; init; }

    /// <summary>Width of a picture, in pixels.</summary>
    public int? Width { get; init; }

    /// <summary>The shape of an input that is not a picture: <c>[C, L]</c> or <c>[C, D, H, W]</c>.</summary>
    public IReadOnlyList<int>? Shape { get; init; }
}

/// <summary>A tensor of a state dict.</summary>
public sealed record TensorResponse
{
    /// <summary>The tensor's name.</summary>
    public required string Name { get; init; }

    /// <summary>The tensor's sizes; empty for a scalar.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>The tensor's number format.</summary>
    public required string Dtype { get; init; }
}
