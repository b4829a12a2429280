using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>
/// The properties of a new version that differ from the default version. All others are taken from it.
/// </summary>
public sealed record VersionDefinition
{
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

/// <summary>A version that was deleted.</summary>
public sealed record VersionDeletedResponse
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The version's number.</summary>
    public required int Version { get; init; }

    /// <summary>Bytes of its tensors and its plan that were in memory, and are no longer.</summary>
    public required long BytesReturned { get; init; }

    /// <summary>
    /// What still keeps it in memory after the wait that the server is configured with, such as <c>2 predictions</c>;
    /// absent when nothing does.
    /// </summary>
    public string? HeldBy { get; init; }
}

/// <summary>The versions that a version was made from.</summary>
public sealed record VersionLineage
{
    /// <summary>
    /// The version that it took its network or tensors from, such as <c>pets@1</c>; null when there is none.
    /// </summary>
    public string? From { get; init; }

    /// <summary>The model's default version when it was created; null for the first version.</summary>
    public int? Parent { get; init; }

    /// <summary>The training that made the weights of a version.</summary>
    public TrainingLineage? Training { get; init; }
}

/// <summary>The versions of a model.</summary>
public sealed record VersionListResponse
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The version of a model that answers requests without a version number.</summary>
    public required ServingResponse Serving { get; init; }

    /// <summary>All versions, oldest first.</summary>
    public required IReadOnlyList<VersionSummary> Versions { get; init; }
}

/// <summary>Whether a version serves, or why not.</summary>
[JsonConverter(typeof(WireEnumConverter<VersionState>))]
public enum VersionState
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>loading</c>.</summary>
    Loading,

    /// <summary>The value <c>ready</c>.</summary>
    Ready,

    /// <summary>The value <c>draining</c>.</summary>
    Draining,

    /// <summary>The value <c>unloaded</c>.</summary>
    Unloaded,

    /// <summary>The value <c>failed</c>.</summary>
    Failed,
}

/// <summary>One of the versions of a model, in brief.</summary>
public sealed record VersionSummary
{
    /// <summary>The version's number.</summary>
    public required int Version { get; init; }

    /// <summary>Whether a version serves, or why not.</summary>
    public required VersionState State { get; init; }

    /// <summary>The reason for that state, where the state alone does not explain it.</summary>
    public string? Reason { get; init; }

    /// <summary>The origin of a model's weights.</summary>
    public required WeightsState Weights { get; init; }

    /// <summary>Bytes of the version's tensors.</summary>
    public required long Bytes { get; init; }

    /// <summary>The time at which the version was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The versions that a version was made from.</summary>
    public VersionLineage? Lineage { get; init; }

    /// <summary>
    /// The result of checking a version against its golden samples, when it was created or when it was last loaded
    /// into memory.
    /// </summary>
    public SamplesResponse? Samples { get; init; }
}

/// <summary>A version that was unloaded from memory.</summary>
public sealed record VersionUnloadedResponse
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The version's number.</summary>
    public required int Version { get; init; }

    /// <summary>Whether a version serves, or why not.</summary>
    public required VersionState State { get; init; }

    /// <summary>What still keeps it in memory, such as <c>2 predictions</c>; absent when nothing does.</summary>
    public string? HeldBy { get; init; }

    /// <summary>
    /// Bytes returned to the operating system: the difference between the process's resident memory before and after.
    /// </summary>
    public required long BytesReturned { get; init; }

    /// <summary>Resident memory of the process before unloading, in bytes.</summary>
    public required long ResidentBytesBefore { get; init; }

    /// <summary>Resident memory of the process after unloading, in bytes.</summary>
    public required long ResidentBytesAfter { get; init; }
}
