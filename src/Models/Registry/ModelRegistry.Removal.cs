using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <content>Deletes models and versions: first from the disk, then from memory.</content>
public sealed partial class ModelRegistry
{
    /// <summary>Deletes a model. Running requests finish; later ones don't find it.</summary>
    /// <param name="name">The model's name.</param>
    /// <returns>Bytes of the tensors that were in memory.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.StorageUnavailable"/>, or as <see cref="Find(string)"/>.
    /// </exception>
    public async Task<long> DeleteAsync(string name)
    {
        var versions = await ChangeAsync(
            name,
            entry =>
            {
                store.Remove(name);
                entry.IsRemoved = true;
                models.TryRemove(name, out _);
                return Task.FromResult(entry.Versions);
            },
            CancellationToken.None
        );
        var bytes = 0L;
        foreach (var version in versions)
        {
            bytes += await version.DrainAsync(loadsOnRequest: false, "It was deleted.", forGood: true)
                ? version.Bytes
                : 0;
        }

        LogDeleted(name, bytes);
        return bytes;
    }

    /// <summary>Deletes a version. Running requests finish; later ones don't find it, or get another default.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <returns>Bytes of its tensors, if they were in memory; else 0.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.VersionConflict"/>: it is pinned, or the only one;
    /// <see cref="ErrorCode.StorageUnavailable"/>; or as <see cref="Find(string, int?)"/>.
    /// </exception>
    public async Task<long> DeleteVersionAsync(string name, int version)
    {
        var removed = await ChangeAsync(
            name,
            entry =>
            {
                var found = entry.Find(version);
                if (entry.Pinned == version)
                {
                    throw new ServingException(
                        ErrorCode.VersionConflict,
                        $"Version {version} is pinned as the default. "
                            + $"PATCH /v1/models/{name} with another \"default_version\" first."
                    );
                }

                if (entry.Versions.All(item => item == found || item.WeightsFile is null))
                {
                    throw new ServingException(
                        ErrorCode.VersionConflict,
                        $"Version {version} is the only one of '{name}'. DELETE /v1/models/{name} deletes the model."
                    );
                }

                store.Write(
                    name,
                    new ModelSettings
                    {
                        DefaultVersion = entry.Pinned,
                        LastVersion = entry.LastVersion,
                        Labels = entry.Labels,
                    }
                );
                store.Remove(name, version);
                entry.Remove(version);
                return Task.FromResult(found);
            },
            CancellationToken.None
        );
        return await removed.DrainAsync(loadsOnRequest: false, "It was deleted.", forGood: true) ? removed.Bytes : 0;
    }

    [LoggerMessage(LogLevel.Information, "Model {Model} was deleted: {Bytes} bytes freed")]
    private partial void LogDeleted(string model, long bytes);
}
