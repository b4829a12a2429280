using ModelService.Models.Language;

namespace ModelService.Models.Storage;

/// <summary>A model as it is found on the disk, complete or damaged.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Settings">The model's settings; the default settings when they can't be read.</param>
/// <param name="Versions">
/// The model's versions, ordered by number; at least one. All of them are damaged when the model is.
/// </param>
/// <param name="Damage">
/// The damage of what its versions share, as a sentence; null when there is none. Such a model can only be deleted.
/// </param>
public sealed record StoredModel(
    string Name,
    ModelSettings Settings,
    IReadOnlyList<StoredVersion> Versions,
    string? Damage = null
);

/// <summary>A version as it is found on the disk, complete or damaged.</summary>
/// <param name="Version">The version's number.</param>
/// <param name="Resolved">The version's definition; null when it can't be read.</param>
/// <param name="Manifest">The version's manifest; null when it can't be read.</param>
/// <param name="Damage">The damage, as a sentence; null when there is none.</param>
public sealed record StoredVersion(int Version, ResolvedModel? Resolved, VersionManifest? Manifest, string? Damage);
