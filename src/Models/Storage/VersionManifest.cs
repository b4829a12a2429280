using System.Collections;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ModelService.Models.Errors;
using ModelService.Models.Weights;

namespace ModelService.Models.Storage;

/// <summary>The metadata of a stored version, and the list of its files: <c>manifest.json</c>.</summary>
public sealed record VersionManifest
{
    /// <summary>The latest schema that this server can read.</summary>
    public const int CurrentSchema = 4;

    /// <summary>
    /// The schema of a version without tensors of <c>training_only</c> layers, which servers can read that don't keep
    /// such. They must not read a version with them: its file would not fit.
    /// </summary>
    public const int SchemaWithoutKept = 3;

    /// <summary>
    /// The schema of a version with samples, which servers can read that don't know of trainings. They must not read a
    /// version that a training made and that may not become the default: they would make it the default.
    /// </summary>
    public const int SchemaWithoutTrainings = 2;

    /// <summary>
    /// The schema of a version without samples, which older servers can read too. They must not read a version with
    /// samples, because they don't know samples and would make a quarantined version the default.
    /// </summary>
    public const int SchemaWithoutSamples = 1;

    /// <summary>The options that manifests are written and read with.</summary>
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Strict)
    {
        PropertyNamingPolicy = WireNames.Policy,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectRequiredConstructorParameters = false, // Require is in its place
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        WriteIndented = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Require } },
        Converters = { new JsonStringEnumConverter(WireNames.Policy, allowIntegerValues: false), new FiniteNumbers() },
    };

    /// <summary>The schema that the file is written in.</summary>
    public required int Schema { get; init; }

    /// <summary>The model's name; the same as in the path.</summary>
    public required string Name { get; init; }

    /// <summary>The version's number; the same as in the path.</summary>
    public required int Version { get; init; }

    /// <summary>When the version was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The versions that it was made from.</summary>
    public required VersionLineage Lineage { get; init; }

    /// <summary>Whether its weights are loaded or random.</summary>
    public required WeightsState Weights { get; init; }

    /// <summary>The names of the tensors that are random.</summary>
    public required IReadOnlyList<string> RandomTensors { get; init; }

    /// <summary>Whether its head is random; null in a network without weights.</summary>
    public HeadState? Head { get; init; }

    /// <summary>How its tensors were loaded when it was created; null when they were not.</summary>
    public WeightsReport? Report { get; init; }

    /// <summary>The result of its golden samples when it was created; null when it has none.</summary>
    public SamplesReport? Samples { get; init; }

    /// <summary>The size and hash of each other file of the version, by the file's name.</summary>
    public required IReadOnlyDictionary<string, StoredFile> Files { get; init; }

    // A property that is null is left out of a file; all others have to be there. System.Text.Json itself checks
    // properties for nulls, but not the elements of lists and dictionaries.
    private static void Require(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
            return;
        foreach (var property in type.Properties)
        {
            if (property.AssociatedParameter is { IsNullable: false, HasDefaultValue: false })
                property.IsRequired = true;
        }

        type.OnDeserialized = record =>
        {
            if (type.Properties.Any(property => HasNull(property.Get?.Invoke(record))))
                throw new JsonException("A list or a dictionary has a null.");
        };
    }

    private static bool HasNull(object? value) =>
        value switch
        {
            IDictionary dictionary => Any(dictionary.Values),
            string or null => false,
            IEnumerable list => Any(list),
            _ => false,
        };

    private static bool Any(IEnumerable elements) =>
        elements.Cast<object?>().Any(item => item is null || HasNull(item));
}

/// <summary>The size and hash of a stored file.</summary>
/// <param name="Bytes">The file's length.</param>
/// <param name="Sha256">The file's SHA-256, in hexadecimal.</param>
public sealed record StoredFile(long Bytes, string Sha256)
{
    /// <summary>The name of a version's weights file.</summary>
    public const string Weights = "weights.safetensors";

    /// <summary>Measures the content of a file.</summary>
    internal static StoredFile Of(byte[] content) => Of(content.Length, SHA256.HashData(content));

    /// <summary>Names the size and hash of a file whose content was hashed while it was read or written.</summary>
    internal static StoredFile Of(long bytes, byte[] sha256) => new(bytes, Convert.ToHexStringLower(sha256));
}

/// <summary>The settings of a model that its versions share: <c>model.json</c>.</summary>
public sealed record ModelSettings
{
    /// <summary>The latest schema that this server can read.</summary>
    public const int CurrentSchema = 1;

    /// <summary>The schema that the file is written in.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>The version that is pinned as the default; null: the newest that is ready.</summary>
    public int? DefaultVersion { get; init; }

    /// <summary>
    /// The change that made these settings, in a store that several servers share; null: unknown. With it, settings are
    /// only replaced if nobody else changed the model meanwhile.
    /// </summary>
    [JsonIgnore]
    public long? Revision { get; init; }

    /// <summary>The highest number that a version ever had, so that no number is used twice.</summary>
    public int LastVersion { get; init; }

    /// <summary>Labels that were changed after their version was created, by the version's number.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<string>> Labels { get; init; } =
        new Dictionary<int, IReadOnlyList<string>>();

    /// <summary>
    /// How requests without a version number are divided; null: the default version answers them all. Older servers
    /// skip it, so there the default version does.
    /// </summary>
    public ModelRoutes? Routes { get; init; }
}
