using ModelService.Models.Errors;

namespace ModelService.Models.Registry;

/// <content>Changes settings, and deletes: first in the store, then in memory.</content>
public sealed partial class ModelCatalog
{
    /// <summary>Changes the model's default version, the labels of that version, or its routes.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="update">The change.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>
    /// The model; <see cref="ErrorCode.VersionConflict"/>: the version to pin can't be served;
    /// <see cref="ErrorCode.DefinitionInvalid"/>: there is not one label per class, or a version can't get requests;
    /// <see cref="ErrorCode.ReadOnly"/>, <see cref="ErrorCode.StorageUnavailable"/>; or as
    /// <see cref="Find(string, int?)"/>.
    /// </returns>
    public Task<Outcome<ModelEntry>> UpdateAsync(
        string name,
        ModelUpdate update,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            name,
            async entry =>
            {
                var pinned = update.DefaultVersion is { } choice ? choice.Number : entry.Pinned;
                var routes = RoutesAfter(entry, update, pinned);
                pinned = routes?.Stable ?? pinned;
                var version = entry.Find(pinned).OrThrow();
                var isPinning = pinned is not null && (update.DefaultVersion is not null || pinned != entry.Pinned);
                if (isPinning && !version.Current.CanBePinned)
                {
                    throw new ServingException(
                        ErrorCode.VersionConflict,
                        $"{version.NotReady().Detail} It can't become the default."
                    );
                }

                var labels = entry.Settings.Labels.ToDictionary();
                if (update.Labels is { } names)
                    labels[version.Version] = OnePerClass(names, version);
                var settings = entry.Settings with { DefaultVersion = pinned, Labels = labels, Routes = routes };
                await store.PutSettingsAsync(name, settings);
                registry.Apply(() =>
                {
                    entry.Take(settings);
                    if (update.Labels is not null)
                        version.Relabel(update.Labels);
                    if (isPinning)
                        version.AllowLoading();
                });
                return entry;
            },
            cancellationToken
        );

    /// <summary>Deletes a model. Running requests finish; later ones don't find it.</summary>
    /// <param name="name">The model's name.</param>
    /// <returns>
    /// What became of its memory; <see cref="ErrorCode.ReadOnly"/>, <see cref="ErrorCode.StorageUnavailable"/>, or as
    /// <see cref="Find(string)"/>.
    /// </returns>
    public async Task<Outcome<Deleted>> DeleteAsync(string name)
    {
        var removed = await ChangeAsync(
            name,
            async entry =>
            {
                await store.RemoveAsync(name);
                registry.Apply(() =>
                {
                    entry.IsRemoved = true;
                    registry.Remove(entry);
                });
                return entry.Versions;
            },
            CancellationToken.None,
            isDeletion: true
        );
        return removed.TryGet(out var versions, out var failure) ? await FreeAsync(versions) : failure;
    }

    /// <summary>Deletes a version. Running requests finish; later ones don't find it, or get another default.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <returns>
    /// What became of its memory; <see cref="ErrorCode.VersionConflict"/>: it is pinned, or the only one;
    /// <see cref="ErrorCode.ReadOnly"/>, <see cref="ErrorCode.StorageUnavailable"/>; or as
    /// <see cref="Find(string, int?)"/>.
    /// </returns>
    public async Task<Outcome<Deleted>> DeleteVersionAsync(string name, int version)
    {
        var removed = await ChangeAsync(
            name,
            async entry =>
            {
                var found = entry.Find(version).OrThrow();
                ThrowIfNeeded(entry, found);

                // The settings have the highest number that a version ever had, so that none is used twice. While the
                // version of this number is stored, they are not needed, and an older one can leave a full disk.
                var last = entry.Find(entry.Settings.LastVersion).Value;
                if (last is null || last == found || last.Current.WeightsFile is null)
                    await store.PutSettingsAsync(name, entry.Settings);
                await store.RemoveAsync(name, version);
                registry.Apply(() => entry.Remove(version));
                return found;
            },
            CancellationToken.None
        );
        return removed.TryGet(out var found, out var failure) ? await FreeAsync([found]) : failure;
    }

    private static void ThrowIfNeeded(ModelEntry entry, ModelVersion version)
    {
        if (entry.Pinned == version.Version)
        {
            throw new ServingException(
                ErrorCode.VersionConflict,
                $"Version {version.Version} is pinned as the default. "
                    + $"PATCH /v1/models/{entry.Name} with another \"default_version\" first."
            );
        }

        if (entry.Versions.All(item => item == version || item.Current.WeightsFile is null))
        {
            throw new ServingException(
                ErrorCode.VersionConflict,
                $"Version {version.Version} is the only one of '{entry.Name}'. "
                    + $"DELETE /v1/models/{entry.Name} deletes the model."
            );
        }
    }

    private static IReadOnlyList<string> OnePerClass(IReadOnlyList<string> labels, ModelVersion version)
    {
        var classes = version.Resolved.ClassCount;
        if (labels.Count == classes)
            return labels;
        var detail =
            $"There are {labels.Count} labels for the {classes} classes of version {version.Version}; "
            + "give one label per class.";
        throw new ServingException(ErrorCode.DefinitionInvalid, detail, [new ErrorDetail("/labels", detail)]);
    }

    // Frees the memory of versions that are deleted, as far as the limit of drains allows.
    private async Task<Deleted> FreeAsync(IReadOnlyList<ModelVersion> versions)
    {
        foreach (var version in versions)
            Removed?.Invoke(version);
        var results = await Task.WhenAll(
            versions.Select(async version =>
            {
                if (version.Remove("It was deleted.") is not { } draining)
                    return (Bytes: 0L, HeldBy: null);
                var heldBy = await loader.WaitForDrainAsync(version, draining);
                return (Bytes: heldBy is null ? version.PlanBytes : 0, HeldBy: heldBy);
            })
        );
        string[] holders = [.. results.Select(result => result.HeldBy).OfType<string>()];
        return new Deleted(
            results.Sum(result => result.Bytes),
            holders.Length == 0 ? null : string.Join(" and ", holders)
        );
    }
}
