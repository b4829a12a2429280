using ModelService.Models.Language;

namespace ModelService.Models.Storage;

/// <summary>A model as it is found on the disk.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Settings">What is decided of it.</param>
/// <param name="Versions">Its versions, by number.</param>
internal sealed record StoredModel(string Name, ModelSettings Settings, IReadOnlyList<StoredVersion> Versions);

/// <summary>A version as it is found on the disk: whole, or with what is wrong with it.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Resolved">What it is; null when that can't be read.</param>
/// <param name="Manifest">What is known of its files; null when that can't be read.</param>
/// <param name="Damage">What is wrong, in a sentence; null when nothing is.</param>
internal sealed record StoredVersion(int Version, ResolvedModel? Resolved, VersionManifest? Manifest, string? Damage);
