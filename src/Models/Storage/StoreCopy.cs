using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Storage;

/// <summary>Copies models from one store to another, such as from the data folder to a database.</summary>
/// <param name="source">The store that is read.</param>
/// <param name="target">The store that is written.</param>
internal sealed class StoreCopy(IModelStore source, IModelStore target)
{
    /// <summary>
    /// Copies all models that the target doesn't have. Versions and settings that it has are compared and left, so a
    /// copy that was interrupted can be repeated.
    /// </summary>
    /// <param name="report">Receives a line for each version, and for settings that differ.</param>
    /// <param name="cancellationToken">Gives up between two versions.</param>
    /// <returns>The number of versions and settings that were not copied because they are damaged, or differ.</returns>
    /// <exception cref="ServingException">A store can't be read or written.</exception>
    public async Task<int> RunAsync(Action<string> report, CancellationToken cancellationToken)
    {
        var models = await source.OpenAsync(cancellationToken);
        var existing = (await target.OpenAsync(cancellationToken)).ToDictionary(model => model.Name);
        var failures = 0;
        foreach (var model in models)
        {
            var there = existing.GetValueOrDefault(model.Name);
            var isThere = there is not null;
            var isOther = false;
            foreach (var version in model.Versions)
            {
                var found = there?.Versions.FirstOrDefault(item => item.Version == version.Version);
                var problem = model.Damage ?? version.Damage;
                if (problem is null && found is not null && !IsSame(version, found))
                    (problem, isOther) = ("The target has another version of this number.", true);
                if (problem is null && found is null)
                {
                    await CopyAsync(model.Name, version, cancellationToken);
                    isThere = true;
                }

                failures += problem is null ? 0 : 1;
                report($"{model.Name}@{version.Version}: {problem ?? (found is null ? "copied" : "is there already")}");
            }

            // Settings belong to versions by their numbers.
            if (!isThere || isOther || (model.Damage ?? there?.Damage) is not null)
                continue;
            if (!await CopySettingsAsync(model, there?.Settings ?? new ModelSettings()))
            {
                failures++;
                report($"{model.Name}: The target has other settings: a default version, labels or routes of its own.");
            }
        }

        return failures;
    }

    // Writes a model's settings unless the target has some of its own; false when these differ.
    private async Task<bool> CopySettingsAsync(StoredModel model, ModelSettings existing)
    {
        var isUnset = IsSame(existing, new ModelSettings());
        var settings = (isUnset ? model.Settings : existing) with
        {
            Revision = null,
            LastVersion = Math.Max(model.Settings.LastVersion, existing.LastVersion),
        };
        if (!IsSame(settings, existing) || settings.LastVersion > existing.LastVersion)
            await target.PutSettingsAsync(model.Name, settings);
        return IsSame(settings, model.Settings);
    }

    private async Task CopyAsync(string name, StoredVersion version, CancellationToken cancellationToken)
    {
        var manifest = version.Manifest!;
        var samples = await source.ReadSamplesAsync(name, version.Version, manifest.Files, cancellationToken);
        await using var weights = await source.OpenWeightsAsync(
            name,
            version.Version,
            manifest.Files[StoredFile.Weights],
            cancellationToken
        );
        var content = new VersionContent(
            manifest,
            version.Resolved!,
            DurableFiles.ReadParts(weights),
            samples,
            Replaces: false
        );
        await target.PutVersionAsync(content, cancellationToken);
    }

    // The weights decide: what else belongs to a version may be written anew by another release.
    private static bool IsSame(StoredVersion one, StoredVersion other) =>
        one.Manifest?.Files.GetValueOrDefault(StoredFile.Weights)
            == other.Manifest?.Files.GetValueOrDefault(StoredFile.Weights)
        && one.Manifest?.Created == other.Manifest?.Created;

    // Apart from the numbers that each store has given.
    private static bool IsSame(ModelSettings one, ModelSettings other) =>
        JsonNode.DeepEquals(ToJson(one), ToJson(other));

    private static JsonNode? ToJson(ModelSettings settings) =>
        JsonSerializer.SerializeToNode(
            settings with
            {
                LastVersion = 0,
                Schema = ModelSettings.CurrentSchema,
            },
            VersionManifest.Json
        );
}
