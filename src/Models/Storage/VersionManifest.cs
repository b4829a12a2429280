using System.Text.Json;
using System.Text.Json.Serialization;
using ModelService.Models.Errors;
using ModelService.Models.Weights;

namespace ModelService.Models.Storage;

/// <summary>What is kept of a version beside its definition and its weights: <c>manifest.json</c>.</summary>
internal sealed record VersionManifest
{
    /// <summary>The latest schema that this server knows; it reads no later one.</summary>
    public const int CurrentSchema = 2;

    /// <summary>
    /// The schema of a version without samples, which a server from before there were any serves as well. With samples it must not: it would make a
    /// version the default that is held back.
    /// </summary>
    public const int SchemaWithoutSamples = 1;

    /// <summary>How manifests are written.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Strict)
    {
        PropertyNamingPolicy = WireNames.Policy,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectRequiredConstructorParameters = false, // what is null is left out
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        WriteIndented = true,
        Converters = { WireNames.CreateEnumConverter() },
    };

    /// <summary>The schema it is written in.</summary>
    public required int Schema { get; init; }

    /// <summary>The model's name, which the folder has too.</summary>
    public required string Name { get; init; }

    /// <summary>The version's number, which the folder has too.</summary>
    public required int Version { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Where it comes from.</summary>
    public required VersionLineage Lineage { get; init; }

    /// <summary>Where its numbers come from.</summary>
    public required WeightsState Weights { get; init; }

    /// <summary>The tensors that are random.</summary>
    public required IReadOnlyList<string> RandomTensors { get; init; }

    /// <summary>Whether the head is random.</summary>
    public HeadState? Head { get; init; }

    /// <summary>What was loaded when it was made.</summary>
    public WeightsReport? Report { get; init; }

    /// <summary>What came of its samples when it was made; null when it has none.</summary>
    public SamplesReport? Samples { get; init; }

    /// <summary>The other files of the version: name, size, hash.</summary>
    public required IReadOnlyDictionary<string, StoredFile> Files { get; init; }
}

/// <summary>A file that is kept.</summary>
/// <param name="Bytes">How long it is.</param>
/// <param name="Sha256">SHA-256 of it, in hexadecimal.</param>
internal sealed record StoredFile(long Bytes, string Sha256);

/// <summary>What is kept of a model beside its versions: <c>model.json</c>.</summary>
internal sealed record ModelSettings
{
    /// <summary>The schema it is written in.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The version that is pinned as the default; null: the newest that is ready.</summary>
    public int? DefaultVersion { get; init; }

    /// <summary>The highest number a version ever had, so that none is given twice.</summary>
    public int LastVersion { get; init; }

    /// <summary>Labels that were changed after a version was made, by its number.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<string>> Labels { get; init; } =
        new Dictionary<int, IReadOnlyList<string>>();
}
