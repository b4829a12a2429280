using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <content>Makes versions, and keeps the changes of a model apart.</content>
public sealed partial class ModelCatalog
{
    /// <summary>Builds the first version of a new model and serves it.</summary>
    /// <param name="model">The model to build.</param>
    /// <param name="upload">
    /// A weights file; borrowed. Without one, the weights are those of the model that this one is derived from, or
    /// random.
    /// </param>
    /// <param name="terms">The client's choices about the weights file.</param>
    /// <param name="cancellationToken">Fires when the client disconnects; gives up the build.</param>
    /// <param name="training">The training that made the weights file; null when none did.</param>
    /// <param name="job">The job that ends with the version, in a store that several servers share; null: none.</param>
    /// <returns>
    /// The version; <see cref="ErrorCode.ModelExists"/>, <see cref="ErrorCode.DefinitionInvalid"/> (the device does not
    /// exist, a sample can't be decoded, or the whole memory budget is too small),
    /// <see cref="ErrorCode.WeightsUnreadable"/>,
    /// <see cref="ErrorCode.WeightsMismatch"/>, <see cref="ErrorCode.PlanRejected"/>,
    /// <see cref="ErrorCode.OutOfMemory"/>, <see cref="ErrorCode.ReadOnly"/> or
    /// <see cref="ErrorCode.StorageUnavailable"/>. The model then does not exist.
    /// </returns>
    public Task<Outcome<VersionOfModel>> CreateAsync(
        ResolvedModel model,
        WeightsUpload? upload,
        WeightsTerms terms,
        CancellationToken cancellationToken,
        TrainingLineage? training = null,
        JobResult? job = null
    ) =>
        Outcome.OfAsync(async () =>
        {
            await sync.CatchUpAsync(cancellationToken);
            await builder.CheckSamplesAsync(model, cancellationToken);
            var entry = new ModelEntry(model.Definition.Name, new ModelSettings()) { IsNew = true };

            // Takes the name before the build begins, so that two clients can't build the same model.
            if (!registry.TryAdd(entry))
            {
                throw new ServingException(
                    ErrorCode.ModelExists,
                    $"There is already a model named '{entry.Name}'. Delete it first, or choose another name."
                );
            }

            try
            {
                var version = CreateVersion(entry, 1, model, parent: null, training);
                var source = SourceOf(version, upload, terms);
                var samples = model.Definition.Samples ?? [];
                await BuildAsync(version, source, samples, replaces: false, job, cancellationToken);
                registry.Apply(() =>
                {
                    entry.Put(version);
                    entry.IsNew = false;
                });
                await sync.SettleAsync();
                return new VersionOfModel(entry, version);
            }
            finally
            {
                if (entry.IsNew)
                    registry.Remove(entry);
            }
        });

    /// <summary>
    /// Builds another version of a model while the existing ones serve. When it is ready it becomes the default, unless
    /// another version is pinned, or it does not reproduce its golden samples.
    /// </summary>
    /// <param name="model">The model to build, with the name of the existing model.</param>
    /// <param name="upload">As of <see cref="CreateAsync"/>.</param>
    /// <param name="terms">As of <see cref="CreateAsync"/>.</param>
    /// <param name="cancellationToken">Fires when the client disconnects; gives up the build.</param>
    /// <param name="training">As of <see cref="CreateAsync"/>.</param>
    /// <param name="job">As of <see cref="CreateAsync"/>.</param>
    /// <returns>
    /// The version, or as <see cref="CreateAsync"/>: there is no such version then, and the others serve on.
    /// <see cref="ErrorCode.VersionConflict"/>: there are no version numbers left.
    /// </returns>
    public Task<Outcome<VersionOfModel>> AddVersionAsync(
        ResolvedModel model,
        WeightsUpload? upload,
        WeightsTerms terms,
        CancellationToken cancellationToken,
        TrainingLineage? training = null,
        JobResult? job = null
    ) =>
        ChangeAsync(
            model.Definition.Name,
            async entry =>
            {
                if (entry.NumbersUsedUp is { } failure)
                    throw new ServingException(failure);
                await builder.CheckSamplesAsync(model, cancellationToken);
                var parent = entry.Default;
                var samples =
                    model.Definition.Samples
                    ??
                    [
                        .. (await ReadSamplesAsync(parent, cancellationToken)).Select(sample =>
                            sample.For(model.Definition.Labels)
                        ),
                    ];
                var number = await store.TakeNumberAsync(entry.Name, entry.Settings.LastVersion + 1, cancellationToken);
                var version = CreateVersion(entry, number, model, parent.Version, training);
                var source = SourceOf(version, upload, terms);
                entry.Put(version);
                try
                {
                    await BuildAsync(version, source, samples, replaces: false, job, cancellationToken);
                    return new VersionOfModel(entry, version);
                }
                catch
                {
                    entry.Remove(version.Version);
                    throw;
                }
            },
            cancellationToken
        );

    /// <summary>
    /// Replaces the weights of a version that has random ones. Predictions that already run finish with the random
    /// ones.
    /// </summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="upload">A weights file; borrowed.</param>
    /// <param name="terms">As of <see cref="CreateAsync"/>.</param>
    /// <param name="cancellationToken">Fires when the client disconnects; gives up the build.</param>
    /// <returns>
    /// The version with its new weights, or as <see cref="FindWithRandomWeights"/> and <see cref="CreateAsync"/>: the
    /// version then stays as it was.
    /// </returns>
    public Task<Outcome<VersionOfModel>> PutWeightsAsync(
        string name,
        int version,
        WeightsUpload upload,
        WeightsTerms terms,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            name,
            async entry =>
            {
                var before = FindWithRandomWeights(name, version).OrThrow();
                var after = new ModelVersion(
                    name,
                    version,
                    before.Lineage,
                    before.Created,
                    VersionSnapshot.Building(before.Resolved),
                    atOnce,
                    entry.Metrics
                );
                await BuildAsync(
                    after,
                    new UploadedWeights(upload, terms),
                    await ReadSamplesAsync(before, cancellationToken),
                    replaces: true,
                    job: null,
                    cancellationToken
                );
                ModelVersion? replaced = null;
                registry.Apply(() => replaced = entry.Put(after));
                Removed?.Invoke(before);
                replaced?.Remove("Its weights were replaced.");
                if (before.Remove("Its weights were replaced.") is { } draining)
                    await loader.WaitForDrainAsync(before, draining);
                return new VersionOfModel(entry, after);
            },
            cancellationToken
        );

    // Runs one change of a model at a time.
    private Task<Outcome<T>> ChangeAsync<T>(
        string name,
        Func<ModelEntry, Task<T>> change,
        CancellationToken cancellationToken,
        bool isDeletion = false
    )
        where T : class =>
        Outcome.OfAsync(async () =>
        {
            // Another server may have made the model a moment ago.
            if (registry.Find(name).Failure is { Code: ErrorCode.ModelNotFound })
                await sync.CatchUpAsync(cancellationToken);
            var entry = registry.Find(name).OrThrow();
            await entry.Changes.WaitAsync(cancellationToken);
            try
            {
                var changed = await ChangeAsync(entry, change, isDeletion, cancellationToken);
                await sync.SettleAsync(entry);
                return changed;
            }
            finally
            {
                entry.Changes.Release();
            }
        });

    // Decides on what is stored now. Tries again if another server has changed the model meanwhile.
    private async Task<T> ChangeAsync<T>(
        ModelEntry entry,
        Func<ModelEntry, Task<T>> change,
        bool isDeletion,
        CancellationToken cancellationToken
    )
    {
        const int Attempts = 10;
        for (var attempt = 1; ; attempt++)
        {
            await sync.CatchUpAsync(cancellationToken);
            if (entry.IsRemoved)
                throw new ServingException(ModelRegistry.NotFound(entry.Name));
            if (!isDeletion && entry.Unchangeable is { } failure)
                throw new ServingException(failure);
            try
            {
                return await change(entry);
            }
            catch (StoreChangedException) when (attempt < Attempts) { }
            catch (StoreChangedException exception)
            {
                throw new ServingException(
                    ErrorCode.StorageUnavailable,
                    $"Other servers change the model '{entry.Name}' all the time. Nothing was changed.",
                    exception
                );
            }
        }
    }
}
