using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <content>What is kept: each of these is on the disk before it returns.</content>
public sealed partial class ModelRegistry
{
    /// <summary>Builds the first version of a new model and serves it.</summary>
    /// <param name="resolved">What to build.</param>
    /// <param name="weights">A weights file, read but not kept. Without one, the weights are those of the model it is derived from, or random.</param>
    /// <param name="allowPartial">Takes what fits of the file, and leaves the rest random.</param>
    /// <param name="cancellationToken">Fires when the caller leaves; a model that has not begun to be built is then given up.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ModelExists"/>, <see cref="ErrorCode.DefinitionInvalid"/> (no such device), <see cref="ErrorCode.WeightsUnreadable"/>,
    /// <see cref="ErrorCode.WeightsMismatch"/>, <see cref="ErrorCode.OutOfMemory"/> or <see cref="ErrorCode.StorageUnavailable"/>; nothing is left behind.
    /// </exception>
    public async Task<ModelEntry> CreateAsync(
        ResolvedModel resolved,
        WeightsUpload? weights,
        bool allowPartial,
        CancellationToken cancellationToken
    )
    {
        await check.ThrowIfUnreadableAsync(resolved, cancellationToken);
        var entry = new ModelEntry(resolved.Definition.Name) { IsNew = true };

        // The name is taken before the work begins, so that two clients can't build the same model.
        if (!models.TryAdd(entry.Name, entry))
        {
            throw new ServingException(
                ErrorCode.ModelExists,
                $"There is a model named '{entry.Name}' already. Delete it first, or choose another name."
            );
        }

        try
        {
            var version = New(entry, 1, resolved, parent: null);
            await MakeAsync(
                version,
                resolved.Definition.Samples,
                weights,
                allowPartial,
                replaces: false,
                cancellationToken
            );
            entry.Put(version);
            entry.IsNew = false;
            return entry;
        }
        finally
        {
            if (entry.IsNew)
                models.TryRemove(entry.Name, out _);
        }
    }

    /// <summary>Builds another version of a model beside those there are; when it is ready it is the default, unless one is pinned, or it does not reproduce its samples.</summary>
    /// <param name="resolved">What to build; its name says of which model.</param>
    /// <param name="weights">A weights file, read but not kept. Without one, the weights are those of the model it is derived from, or random.</param>
    /// <param name="allowPartial">Takes what fits of the file, and leaves the rest random.</param>
    /// <param name="cancellationToken">Fires when the caller leaves; what has not begun is then given up.</param>
    /// <exception cref="ServingException">As <see cref="CreateAsync"/>; the version is then <see cref="VersionState.Failed"/>, and the others serve on.</exception>
    public Task<ModelVersion> AddVersionAsync(
        ResolvedModel resolved,
        WeightsUpload? weights,
        bool allowPartial,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            resolved.Definition.Name,
            async entry =>
            {
                await check.ThrowIfUnreadableAsync(resolved, cancellationToken);
                var parent = entry.Default;
                var samples =
                    resolved.Definition.Samples
                    ?? store
                        .ReadSamples(parent.Name, parent.Version, parent.Files)
                        ?.Select(sample => sample.For(resolved.Definition.Labels))
                        .ToList();
                var version = New(entry, entry.LastVersion + 1, resolved, parent.Version);
                entry.Put(version);
                try
                {
                    await MakeAsync(version, samples, weights, allowPartial, replaces: false, cancellationToken);
                    return version;
                }
                catch (OperationCanceledException)
                {
                    entry.Remove(version.Version);
                    throw;
                }
                catch (Exception exception)
                {
                    entry.KeepFailure(
                        version,
                        exception is ServingException known
                            ? known.Message
                            : "Something went wrong in the server; its log says what."
                    );
                    throw;
                }
            },
            cancellationToken
        );

    /// <summary>Puts weights into a version that has random ones. Predictions that run finish with those.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="weights">A weights file, read but not kept.</param>
    /// <param name="allowPartial">Takes what fits, and leaves the rest random.</param>
    /// <param name="cancellationToken">Fires when the caller leaves; what has not begun is then given up.</param>
    /// <returns>The version as it is now.</returns>
    /// <exception cref="ServingException"><see cref="FindUntouched"/>'s and those of <see cref="CreateAsync"/>; the version is then as before.</exception>
    public Task<ModelVersion> PutWeightsAsync(
        string name,
        int version,
        WeightsUpload weights,
        bool allowPartial,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            name,
            async entry =>
            {
                var before = FindUntouched(name, version);
                var after = new ModelVersion(
                    name,
                    version,
                    before.Resolved,
                    before.Lineage,
                    null,
                    before.Created,
                    compute.Value.Instances
                );
                await MakeAsync(
                    after,
                    store.ReadSamples(before.Name, before.Version, before.Files),
                    weights,
                    allowPartial,
                    replaces: true,
                    cancellationToken
                );
                entry.Put(after);
                await before.DrainAsync(loadsOnRequest: false, "Its weights were replaced.", forGood: true);
                return after;
            },
            cancellationToken
        );

    /// <summary>Changes what isn't fixed with a version: which one is the default, and the default version's labels.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="change">What to change.</param>
    /// <param name="cancellationToken">Fires when the caller leaves.</param>
    /// <exception cref="ServingException">
    /// <see cref="Find(string, int?)"/>'s; <see cref="ErrorCode.VersionConflict"/>: the version can't be served; <see cref="ErrorCode.DefinitionInvalid"/>: not one label a class.
    /// </exception>
    public Task<ModelEntry> UpdateAsync(string name, ModelUpdate change, CancellationToken cancellationToken) =>
        ChangeAsync(
            name,
            entry =>
            {
                var pinned = change.DefaultVersion is { } choice ? choice.Number : entry.Pinned;
                var version = pinned is { } number ? entry.Find(number) : entry.Default;
                var pins = change.DefaultVersion?.Number is not null;
                if (pins && version.State is VersionState.Failed or VersionState.Loading)
                {
                    throw new ServingException(
                        ErrorCode.VersionConflict,
                        $"{version.NotReady().Message} So it can't be the default."
                    );
                }

                var labels = entry.Labels.ToDictionary();
                if (change.Labels is { } names)
                {
                    if (names.Count != version.Resolved.ClassCount)
                    {
                        throw Invalid(
                            "/labels",
                            $"There are {names.Count} labels for the {version.Resolved.ClassCount} classes of version {version.Version}; give one for each."
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
                if (change.Labels is not null)
                    entry.Relabel(version, change.Labels);
                if (pins && version.State == VersionState.Unloaded)
                    version.MarkUnloaded(loadsOnRequest: true, "It is loaded by its next request.");
                return Task.FromResult(entry);
            },
            cancellationToken
        );

    private static ServingException Invalid(string pointer, string detail) =>
        new(ErrorCode.DefinitionInvalid, detail, [new ErrorDetail(pointer, detail)]);

    private async Task<T> ChangeAsync<T>(
        string name,
        Func<ModelEntry, Task<T>> change,
        CancellationToken cancellationToken
    )
    {
        var entry = Find(name);
        await entry.Changes.WaitAsync(cancellationToken);
        try
        {
            return entry.IsRemoved ? throw NotFound(name) : await change(entry);
        }
        finally
        {
            entry.Changes.Release();
        }
    }

    private ModelVersion New(ModelEntry entry, int number, ResolvedModel resolved, int? parent)
    {
        var from = resolved.Definition.From is { } text ? ModelReference.Parse(text) : (ModelReference?)null;
        if (from is { Version: null } newest)
            from = newest with { Version = Find(newest.Name).Default.Version };

        // Samples are kept on the disk, not in memory.
        var kept = resolved.With(resolved.Definition with { Samples = null });
        return new ModelVersion(
            entry.Name,
            number,
            kept,
            new VersionLineage(from?.ToString(), parent),
            null,
            clock.GetUtcNow(),
            compute.Value.Instances
        );
    }

    // Built, warmed, checked and kept before anyone can ask for it.
    private async Task MakeAsync(
        ModelVersion version,
        IReadOnlyList<SampleDefinition>? samples,
        WeightsUpload? weights,
        bool allowPartial,
        bool replaces,
        CancellationToken cancellationToken
    )
    {
        var from =
            weights is null && version.Lineage?.From is { } text ? ModelReference.Parse(text) : (ModelReference?)null;
        using var source = from is { } reference
            ? await LeaseAsync(reference.Name, reference.Version, cancellationToken)
            : null;
        var room = await MakeRoomAsync(version);
        BuiltModel? built = null;
        try
        {
            built = await CheckAsync(
                version,
                samples,
                weights is not null ? builder.BuildAsync(version, weights, allowPartial, cancellationToken)
                    : source is not null ? builder.BuildAsync(version, source, cancellationToken)
                    : builder.BuildAsync(version, cancellationToken)
            );
            version.Files = await builder.KeepAsync(version, built, samples, replaces, cancellationToken);
            version.IsQuarantined = built.Samples is { Reproduced: false };
            version.MarkReady(built, room);
        }
        catch
        {
            built?.Worker.Dispose();
            room.Dispose();
            throw;
        }

        LogIsReady(version);
    }
}
