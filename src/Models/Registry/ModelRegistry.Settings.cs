using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <content>Changes what a model is served as: its default version and its labels.</content>
public sealed partial class ModelRegistry
{
    /// <summary>Changes the model's default version, or the labels of that version.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="update">The change.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.VersionConflict"/>: the version to pin can't be served;
    /// <see cref="ErrorCode.DefinitionInvalid"/>: there is not one label per class;
    /// <see cref="ErrorCode.StorageUnavailable"/>; or as <see cref="Find(string, int?)"/>.
    /// </exception>
    public Task<ModelEntry> UpdateAsync(string name, ModelUpdate update, CancellationToken cancellationToken) =>
        ChangeAsync(
            name,
            entry =>
            {
                var pinned = update.DefaultVersion is { } choice ? choice.Number : entry.Pinned;
                var version = pinned is { } number ? entry.Find(number) : entry.Default;
                var isPinning = update.DefaultVersion?.Number is not null;
                if (isPinning && version.State is VersionState.Failed or VersionState.Loading)
                {
                    throw new ServingException(
                        ErrorCode.VersionConflict,
                        $"{version.NotReady().Message} It can't become the default."
                    );
                }

                var labels = entry.Labels.ToDictionary();
                if (update.Labels is { } names)
                {
                    if (names.Count != version.Resolved.ClassCount)
                    {
                        throw Invalid(
                            "/labels",
                            $"There are {names.Count} labels for the {version.Resolved.ClassCount} classes of version "
                                + $"{version.Version}; give one label per class."
                        );
                    }

                    labels[version.Version] = names;
                }

                store.Write(
                    name,
                    new ModelSettings
                    {
                        DefaultVersion = pinned,
                        LastVersion = entry.LastVersion,
                        Labels = labels,
                    }
                );
                entry.Pinned = pinned;
                if (update.Labels is not null)
                    entry.Relabel(version, update.Labels);
                if (isPinning && version.State == VersionState.Unloaded)
                    version.MarkUnloaded(loadsOnRequest: true, "The next request loads it.");
                return Task.FromResult(entry);
            },
            cancellationToken
        );

    private static ServingException Invalid(string pointer, string detail) =>
        new(ErrorCode.DefinitionInvalid, detail, [new ErrorDetail(pointer, detail)]);
}
