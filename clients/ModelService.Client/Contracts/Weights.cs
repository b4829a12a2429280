using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>A tensor whose element type in the file differs from its type in the model.</summary>
public sealed record ConvertedTensor
{
    /// <summary>The tensor's name in the architecture.</summary>
    public required string Name { get; init; }

    /// <summary>The element type in the file, such as <c>float16</c>.</summary>
    public required string From { get; init; }

    /// <summary>The element type in the model: <c>float32</c>, or <c>int64</c> for a counter.</summary>
    public required string To { get; init; }
}

/// <summary>The origin of the weights of the head, the layer that gives the class scores.</summary>
[JsonConverter(typeof(WireEnumConverter<HeadState>))]
public enum HeadState
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>random</c>.</summary>
    Random,

    /// <summary>The value <c>loaded</c>.</summary>
    Loaded,
}

/// <summary>A tensor of a <c>training_only</c> layer: stored with the model's tensors, and not computed with.</summary>
public sealed record KeptTensor
{
    /// <summary>The tensor's name in the architecture.</summary>
    public required string Name { get; init; }

    /// <summary>The sizes in the file; the first one may differ from the architecture's.</summary>
    public required IReadOnlyList<long> Shape { get; init; }
}

/// <summary>A tensor whose name in the file has a prefix, or a wrapper's word inside.</summary>
public sealed record RenamedTensor
{
    /// <summary>The name in the file.</summary>
    public required string From { get; init; }

    /// <summary>The name without these, which is compared to the architecture's names.</summary>
    public required string To { get; init; }
}

/// <summary>A tensor whose shape in the file differs from its shape in the architecture.</summary>
public sealed record ShapeMismatch
{
    /// <summary>The tensor's name in the architecture.</summary>
    public required string Name { get; init; }

    /// <summary>The sizes in the architecture.</summary>
    public required IReadOnlyList<long> Expected { get; init; }

    /// <summary>The sizes in the file.</summary>
    public required IReadOnlyList<long> Found { get; init; }
}

/// <summary>
/// An entry of a state dict that is not read, since it is not a tensor or not one of a type that is read.
/// </summary>
public sealed record SkippedEntry
{
    /// <summary>The name in the file.</summary>
    public required string Name { get; init; }

    /// <summary>A noun for the value, such as <c>a number</c>.</summary>
    public required string Found { get; init; }
}

/// <summary>Bytes of the weights in each precision. Counters are int64 in all of them.</summary>
public sealed record WeightBytesResponse
{
    /// <summary>In 32-bit floating point.</summary>
    public required long Float32 { get; init; }

    /// <summary>In bfloat16.</summary>
    public required long Bfloat16 { get; init; }

    /// <summary>In IEEE 754 half precision.</summary>
    public required long Float16 { get; init; }
}

/// <summary>
/// The formats of weights files that can be read. They are recognised by content, never by the file's name.
/// </summary>
[JsonConverter(typeof(WireEnumConverter<WeightsFormat>))]
public enum WeightsFormat
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>safetensors</c>.</summary>
    Safetensors,

    /// <summary>The value <c>pytorch_zip</c>.</summary>
    PytorchZip,

    /// <summary>The value <c>pytorch_legacy</c>.</summary>
    PytorchLegacy,

    /// <summary>The value <c>torchsharp_dat</c>.</summary>
    TorchsharpDat,

    /// <summary>The value <c>onnx</c>.</summary>
    Onnx,
}

/// <summary>The comparison of the tensors of a file, or of another model, and those of an architecture.</summary>
public sealed record WeightsReport
{
    /// <summary>
    /// Whether the file has exactly the tensors of the architecture, and at least one. Counters may be missing. If
    /// the network's tensors have a prefix in the file, there may be others without it.
    /// </summary>
    public required bool Matches { get; init; }

    /// <summary>The origin of the weights of the head, the layer that gives the class scores.</summary>
    public HeadState? Head { get; init; }

    /// <summary>
    /// The formats of weights files that can be read. They are recognised by content, never by the file's name.
    /// </summary>
    public WeightsFormat? Format { get; init; }

    /// <summary>
    /// The key under which the file has the state dict, such as <c>state_dict</c>; nested keys are joined by dots.
    /// </summary>
    public string? Wrapper { get; init; }

    /// <summary>SHA-256 of the file, in hexadecimal.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Sizes of weights.</summary>
    public WeightsSizes? Sizes { get; init; }

    /// <summary>Names of the tensors that fit, in the architecture's order.</summary>
    public required IReadOnlyList<string> Loaded { get; init; }

    /// <summary>
    /// The tensors of <c>training_only</c> layers that the file has: stored and given back with the loaded ones.
    /// </summary>
    public IReadOnlyList<KeptTensor> Kept { get; init; } = [];

    /// <summary>
    /// Names of the loaded tensors that were random in the file or model they come from, and so still are.
    /// </summary>
    public required IReadOnlyList<string> RandomAtSource { get; init; }

    /// <summary>
    /// Names of the tensors that the file lacks. Counters are listed, but don't count as a mismatch.
    /// </summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>
    /// Names in the file that the architecture lacks: the first 1,000, each cut after 120 characters.
    /// </summary>
    public required IReadOnlyList<string> Unexpected { get; init; }

    /// <summary>Number of unexpected names beyond those listed.</summary>
    public required int MoreUnexpected { get; init; }

    /// <summary>Tensors that have another shape in the file.</summary>
    public required IReadOnlyList<ShapeMismatch> ShapeMismatch { get; init; }

    /// <summary>Tensors that fit but are stored in another element type.</summary>
    public required IReadOnlyList<ConvertedTensor> DtypeConverted { get; init; }

    /// <summary>
    /// Names without a prefix, or a wrapper's word, that they have in the file: the first 1,000, each cut after 120
    /// characters.
    /// </summary>
    public required IReadOnlyList<RenamedTensor> Renamed { get; init; }

    /// <summary>Number of renamed tensors beyond those listed.</summary>
    public required int MoreRenamed { get; init; }

    /// <summary>
    /// Entries of the state dict that are not read, since they are not tensors or of another element type: the first
    /// 1,000. The network doesn't need them.
    /// </summary>
    public required IReadOnlyList<SkippedEntry> Skipped { get; init; }

    /// <summary>Sentences about the likely cause of a mismatch; usually none.</summary>
    public required IReadOnlyList<string> Suggestions { get; init; }
}

/// <summary>Sizes of weights.</summary>
public sealed record WeightsSizes
{
    /// <summary>Bytes of the file; null when the tensors come from another model.</summary>
    public long? FileBytes { get; init; }

    /// <summary>Bytes of the loaded tensors in the model.</summary>
    public required long LoadedBytes { get; init; }

    /// <summary>Bytes of all tensors in the model.</summary>
    public required long ModelBytes { get; init; }
}

/// <summary>The origin of a model's weights.</summary>
[JsonConverter(typeof(WireEnumConverter<WeightsState>))]
public enum WeightsState
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>random</c>.</summary>
    Random,

    /// <summary>The value <c>partial</c>.</summary>
    Partial,

    /// <summary>The value <c>loaded</c>.</summary>
    Loaded,
}
