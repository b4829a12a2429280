using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <content>Builds models and versions: every change is on the disk before its method returns.</content>
public sealed partial class ModelRegistry
{
    /// <summary>Builds the first version of a new model and serves it.</summary>
    /// <param name="model">The model to build.</param>
    /// <param name="weights">
    /// A weights file; borrowed. Without one, the weights are those of the model that this one is derived from, or
    /// random.
    /// </param>
    /// <param name="allowPartial">Loads the tensors of the file that fit, and leaves the others random.</param>
    /// <param name="cancellationToken">Fires when the client disconnects; gives up a build that has not begun.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ModelExists"/>, <see cref="ErrorCode.DefinitionInvalid"/> (the device does not exist, or a
    /// sample can't be decoded), <see cref="ErrorCode.WeightsUnreadable"/>, <see cref="ErrorCode.WeightsMismatch"/>,
    /// <see cref="ErrorCode.PlanRejected"/>, <see cref="ErrorCode.OutOfMemory"/> or
    /// <see cref="ErrorCode.StorageUnavailable"/>. The model then does not exist.
    /// </exception>
    public async Task<ModelEntry> CreateAsync(
        ResolvedModel model,
        WeightsUpload? weights,
        bool allowPartial,
        CancellationToken cancellationToken
    )
    {
        await check.ThrowIfUnreadableAsync(model, cancellationToken);
        var entry = new ModelEntry(model.Definition.Name) { IsNew = true };

        // Takes the name before the build begins, so that two clients can't build the same model.
        if (!models.TryAdd(entry.Name, entry))
        {
            throw new ServingException(
                ErrorCode.ModelExists,
                $"There is already a model named '{entry.Name}'. Delete it first, or choose another name."
            );
        }

        try
        {
            var version = CreateVersion(entry, 1, model, parent: null);
            await BuildAsync(
                version,
                model.Definition.Samples,
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

    /// <summary>
    /// Builds another version of a model while the existing ones serve. When it is ready it becomes the default, unless
    /// another version is pinned, or it does not reproduce its golden samples.
    /// </summary>
    /// <param name="model">The model to build, with the name of the existing model.</param>
    /// <param name="weights">
    /// A weights file; borrowed. Without one, the weights are those of the model that this one is derived from, or
    /// random.
    /// </param>
    /// <param name="allowPartial">Loads the tensors of the file that fit, and leaves the others random.</param>
    /// <param name="cancellationToken">Fires when the client disconnects; gives up a build that has not begun.</param>
    /// <exception cref="ServingException">
    /// As <see cref="CreateAsync"/>. The version is then <see cref="VersionState.Failed"/>, and the others serve on.
    /// </exception>
    public Task<ModelVersion> AddVersionAsync(
        ResolvedModel model,
        WeightsUpload? weights,
        bool allowPartial,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            model.Definition.Name,
            async entry =>
            {
                await check.ThrowIfUnreadableAsync(model, cancellationToken);
                var parent = entry.Default;
                var samples =
                    model.Definition.Samples
                    ?? store
                        .ReadSamples(parent.Name, parent.Version, parent.Files)
                        ?.Select(sample => sample.For(model.Definition.Labels))
                        .ToList();
                var version = CreateVersion(entry, entry.LastVersion + 1, model, parent.Version);
                entry.Put(version);
                try
                {
                    await BuildAsync(version, samples, weights, allowPartial, replaces: false, cancellationToken);
                    return version;
                }
                catch (OperationCanceledException)
                {
                    entry.Remove(version.Version);
                    throw;
                }
                catch (Exception exception)
                {
                    entry.AddFailure(
                        version,
                        exception is ServingException known
                            ? known.Message
                            : "An unexpected error occurred; the server's log has the details."
                    );
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
    /// <param name="weights">A weights file; borrowed.</param>
    /// <param name="allowPartial">Loads the tensors of the file that fit, and leaves the others random.</param>
    /// <param name="cancellationToken">Fires when the client disconnects; gives up a build that has not begun.</param>
    /// <returns>The version with its new weights.</returns>
    /// <exception cref="ServingException">
    /// As <see cref="FindWithRandomWeights"/> and <see cref="CreateAsync"/>. The version then stays as it was.
    /// </exception>
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
                var before = FindWithRandomWeights(name, version);
                var after = new ModelVersion(
                    name,
                    version,
                    before.Resolved,
                    before.Lineage,
                    null,
                    before.Created,
                    compute.Value.Instances
                );
                await BuildAsync(
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

    private ModelVersion CreateVersion(ModelEntry entry, int number, ResolvedModel model, int? parent)
    {
        var from = model.Definition.From is { } text ? ModelReference.Parse(text) : (ModelReference?)null;
        if (from is { Version: null } newest)
            from = newest with { Version = Find(newest.Name).Default.Version };

        // Samples stay on the disk only.
        var withoutSamples = model.With(model.Definition with { Samples = null });
        return new ModelVersion(
            entry.Name,
            number,
            withoutSamples,
            new VersionLineage(from?.ToString(), parent),
            null,
            clock.GetUtcNow(),
            compute.Value.Instances
        );
    }

    // Builds, warms up, checks and stores a version, and marks it as ready only then.
    private async Task BuildAsync(
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
        var reserved = await ReserveMemoryAsync(version);
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
            version.Files = await builder.StoreAsync(version, built, samples, replaces, cancellationToken);
            version.IsQuarantined = built.Samples is { Reproduced: false };
            version.MarkReady(built, reserved);
        }
        catch
        {
            built?.Worker.Dispose();
            reserved.Dispose();
            throw;
        }

        LogIsReady(version);
    }
}
