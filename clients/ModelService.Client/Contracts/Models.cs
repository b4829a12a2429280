using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>The model that a client asks for when it creates one.</summary>
public sealed record ModelDefinition
{
    /// <summary>The model's name, which identifies it in every request.</summary>
    public required string Name { get; init; }

    /// <summary>A predefined architecture's name, such as <c>resnet50</c>.</summary>
    public string? Base { get; init; }

    /// <summary>
    /// With a <c>base</c> that has weights: whether the model begins with them. Its head is random.
    /// </summary>
    public bool? Pretrained { get; init; }

    /// <summary>
    /// Instead of <c>base</c>: a model to derive from, such as <c>pets@1</c>. The new model inherits its network,
    /// unless <c>architecture</c> gives another; every tensor whose name and shape still fit; and the labels,
    /// preprocessing and device that are left out here.
    /// </summary>
    public string? From { get; init; }

    /// <summary>
    /// With <c>base</c> or <c>from</c>: the number of classes of the new head. The head is kept when this and
    /// <c>head</c> are left out.
    /// </summary>
    public int? NumClasses { get; init; }

    /// <summary>
    /// With <c>base</c> or <c>from</c>, instead of <c>num_classes</c>: the layers that replace the head. Their keys
    /// begin with the head's key.
    /// </summary>
    public IReadOnlyList<JsonNode?>? Head { get; init; }

    /// <summary>A network as its author wrote it: the shape of the input, and the layers.</summary>
    public ArchitectureDefinition? Architecture { get; init; }

    /// <summary>One label per class, in the order of the scores.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>How photos become the model's input.</summary>
    public JsonNode? Preprocessing { get; init; }

    /// <summary>
    /// The device that the model runs on; null: the device of the model it derives from, else <c>auto</c>.
    /// </summary>
    public string? Device { get; init; }

    /// <summary>
    /// The number format that a model computes in. bfloat16 is faster than float32 only on processors with
    /// instructions for it: AMD from Zen 4 on, Intel with AMX.
    /// </summary>
    public Precision? Precision { get; init; }

    /// <summary>The seed of random weights: the same seed gives the same weights.</summary>
    public long? Seed { get; init; }

    /// <summary>
    /// Golden samples, at most 32: a version that does not reproduce them does not become the default. A new version
    /// without this property takes the samples of the default version; an empty list drops them.
    /// </summary>
    public IReadOnlyList<SampleDefinition>? Samples { get; init; }
}

/// <summary>A model that was deleted.</summary>
public sealed record ModelDeletedResponse
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Bytes of its tensors and plans that were in memory, and are no longer.</summary>
    public required long BytesReturned { get; init; }

    /// <summary>
    /// What still keeps a part of it in memory after the wait that the server is configured with, such as <c>2
    /// predictions</c>; absent when nothing does.
    /// </summary>
    public string? HeldBy { get; init; }
}

/// <summary>The models on the server.</summary>
public sealed record ModelListResponse
{
    /// <summary>The models.</summary>
    public required IReadOnlyList<ModelResponse> Models { get; init; }
}

/// <summary>A model with its default version, or a single version.</summary>
public sealed record ModelResponse
{
    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The version's number.</summary>
    public required int Version { get; init; }

    /// <summary>Whether a version serves, or why not.</summary>
    public required VersionState State { get; init; }

    /// <summary>The reason for that state, where the state alone does not explain it.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// Whether the version is pinned as the default. Without a pinned version, the default is the newest version that
    /// is ready and not quarantined.
    /// </summary>
    public required bool Pinned { get; init; }

    /// <summary>The version of a model that answers requests without a version number.</summary>
    public required ServingResponse Serving { get; init; }

    /// <summary>
    /// The percentage of the requests without a version number that each version was given; absent when the default
    /// version answers them all.
    /// </summary>
    public IReadOnlyDictionary<int, int>? Routes { get; init; }

    /// <summary>What came of the routes; absent without routes.</summary>
    public CanaryResponse? Canary { get; init; }

    /// <summary>
    /// The change of the default version that servers which share a database are about to make together; absent when
    /// none is under way.
    /// </summary>
    public RolloutResponse? Rollout { get; init; }

    /// <summary>The predefined architecture that the model was made from.</summary>
    public string? Base { get; init; }

    /// <summary>The model that this model was derived from.</summary>
    public string? From { get; init; }

    /// <summary>The versions that a version was made from.</summary>
    public VersionLineage? Lineage { get; init; }

    /// <summary>The origin of a model's weights.</summary>
    public required WeightsState Weights { get; init; }

    /// <summary>With <c>partial</c>: the names of the tensors that are random.</summary>
    public IReadOnlyList<string>? RandomTensors { get; init; }

    /// <summary>The origin of the weights of the head, the layer that gives the class scores.</summary>
    public HeadState? Head { get; init; }

    /// <summary>
    /// The device that computes the version: <c>cpu</c> or <c>cuda:N</c>; absent until the version has been loaded
    /// into memory.
    /// </summary>
    public string? Device { get; init; }

    /// <summary>
    /// The number format that a model computes in. bfloat16 is faster than float32 only on processors with
    /// instructions for it: AMD from Zen 4 on, Intel with AMX.
    /// </summary>
    public Precision? Precision { get; init; }

    /// <summary>With <c>auto</c> or <c>fastest</c>: what the version computes in on its server, and why.</summary>
    public PrecisionChoice? Chosen { get; init; }

    /// <summary>The executor that computes a model.</summary>
    public Backend? Route { get; init; }

    /// <summary>The reason why the version is not computed by a plan; absent when it is.</summary>
    public string? RouteReason { get; init; }

    /// <summary>
    /// How far a plan's probabilities are from those of the eager executor in float32, measured on generated inputs; in
    /// <c>int8</c> on the images that were held out.
    /// </summary>
    public PlanAccuracy? Fidelity { get; init; }

    /// <summary>In <c>int8</c>: what was measured when it was calibrated; absent in the list of models.</summary>
    public QuantizationReport? Quantization { get; init; }

    /// <summary>
    /// The result of checking a version against its golden samples, when it was created or when it was last loaded
    /// into memory.
    /// </summary>
    public SamplesResponse? Samples { get; init; }

    /// <summary>Shape of the input, without the batch dimension.</summary>
    public IReadOnlyList<long>? InputShape { get; init; }

    /// <summary>Number of classes.</summary>
    public int? NumClasses { get; init; }

    /// <summary>One label for each class.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>
    /// How a picture is converted to a network's input <c>[C, H, W]</c>. The steps, in this order: turn upright,
    /// convert to RGB or grayscale, resize, crop the centre, scale, normalise (<c>(value * scale - mean) / std</c>).
    /// The result is that of torchvision's loader and transforms, except that torchvision ignores the EXIF
    /// orientation.
    /// </summary>
    public PreprocessingDefinition? Preprocessing { get; init; }

    /// <summary>Number of trainable parameters.</summary>
    public long? Parameters { get; init; }

    /// <summary>Multiply-accumulate operations for one input.</summary>
    public long? Macs { get; init; }

    /// <summary>Bytes of the version's tensors.</summary>
    public required long Bytes { get; init; }

    /// <summary>
    /// Bytes of the plan's own copy of the weights, packed and in the version's precision, in addition to the
    /// tensors.
    /// </summary>
    public required long PlanBytes { get; init; }

    /// <summary>
    /// Estimated bytes that computing needs in addition to the tensors: one batch for each instance.
    /// </summary>
    public required long WorkspaceBytes { get; init; }

    /// <summary>The time at which the version was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// The time at which the version was last loaded into memory; absent when this has not happened since the server
    /// started.
    /// </summary>
    public DateTimeOffset? LoadedAt { get; init; }

    /// <summary>The comparison of the tensors of a file, or of another model, and those of an architecture.</summary>
    public WeightsReport? WeightsReport { get; init; }

    /// <summary>All versions of the model, oldest first; absent for a single version.</summary>
    public IReadOnlyList<VersionSummary>? Versions { get; init; }
}

/// <summary>A change to a model. Properties that are left out stay as they are.</summary>
public sealed record ModelUpdateBody
{
    /// <summary>
    /// The number of the version to pin as the default. <c>"newest"</c> or null pins none: the default is then always
    /// the newest version that is ready and not quarantined.
    /// </summary>
    public JsonNode? DefaultVersion { get; init; }

    /// <summary>One label for each class of the default version.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>
    /// The percentage of the requests without a version number that each version gets, by the version's number: whole
    /// percents, which add up to 100. Null leaves them as they are; <see cref="DefaultVersion"/> by itself ends them.
    /// </summary>
    public IReadOnlyDictionary<int, int>? Routes { get; init; }

    /// <summary>
    /// The conditions at which the routes stop by themselves: the stable version then answers all requests. Only with
    /// <see cref="Routes"/>.
    /// </summary>
    public StopConditions? Stop { get; init; }
}

/// <summary>
/// The number format that a model computes in. bfloat16 is faster than float32 only on processors with instructions
/// for it: AMD from Zen 4 on, Intel with AMX.
/// </summary>
[JsonConverter(typeof(WireEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>float32</c>.</summary>
    Float32,

    /// <summary>The value <c>bfloat16</c>.</summary>
    Bfloat16,

    /// <summary>The value <c>float16</c>.</summary>
    Float16,

    /// <summary>The value <c>int8</c>.</summary>
    Int8,

    /// <summary>The value <c>auto</c>.</summary>
    Auto,

    /// <summary>The value <c>fastest</c>.</summary>
    Fastest,
}

/// <summary>What a version whose precision is chosen by time computes in on its server.</summary>
public sealed record PrecisionChoice
{
    /// <summary>The precision.</summary>
    public required Precision Precision { get; init; }

    /// <summary>The layers that stay in float32, since that is faster.</summary>
    public required IReadOnlyList<string> Float32Layers { get; init; }

    /// <summary>Milliseconds of an input by each precision that was timed.</summary>
    public required IReadOnlyDictionary<string, double> Ms { get; init; }

    /// <summary>A faster precision that was not taken, since its answers differ too much.</summary>
    public Precision? TooInexact { get; init; }
}

/// <summary>
/// A golden sample: an input and its expected result. A version must reproduce it to become the default.
/// </summary>
public sealed record SampleDefinition
{
    /// <summary>The bytes of an image file; in JSON, base64.</summary>
    public byte[]? Image { get; init; }

    /// <summary>A tensor, which becomes the model's input without preprocessing.</summary>
    public TensorBody? Tensor { get; init; }

    /// <summary>The class that must score best: its index, from 0, or its label.</summary>
    [JsonPropertyName("top_1")]
    public JsonNode? Top1 { get; init; }

    /// <summary>The probability that each class must have, in order.</summary>
    public IReadOnlyList<double>? Scores { get; init; }

    /// <summary>
    /// Greatest difference allowed between a probability and its expected score; 0 to 1, default 1e-3. Another batch
    /// size, processor or libtorch changes float32 probabilities by about 1e-5; other weights change them by far more
    /// than the default. A model in <c>bfloat16</c> needs about 1e-2, and so do scores that another program computed
    /// from a picture.
    /// </summary>
    public double? Tolerance { get; init; }
}
