using ModelService.Models.Language;

namespace ModelService.Models.Storage;

/// <summary>A model as it is found on the disk.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Settings">The model's settings.</param>
/// <param name="Versions">The model's versions, ordered by number.</param>
public sealed record StoredModel(string Name, ModelSettings Settings, IReadOnlyList<StoredVersion> Versions);

/// <summary>A version as it is found on the disk, complete or damaged.</summary>
/// <param name="Version">The version's number.</param>
/// <param name="Resolved">The version's definition; null when it can't be read.</param>
/// <param name="Manifest">The version's manifest; null when it can't be read.</param>
/// <param name="Damage">The damage, as a sentence; null when there is none.</param>
public sealed record StoredVersion(int Version, ResolvedModel? Resolved, VersionManifest? Manifest, string? Damage);
