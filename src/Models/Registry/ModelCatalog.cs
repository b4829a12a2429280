using System.Text.Json;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>
/// The models, for every front door: HTTP controllers, other protocols, a host in C#. It lists, creates, changes and
/// deletes them. A method that fails returns the failure, and has changed nothing; one that changes something returns
/// when the change is stored.
/// </summary>
public sealed partial class ModelCatalog
{
    private readonly ModelRegistry registry;
    private readonly VersionLoader loader;
    private readonly IModelBuilder builder;
    private readonly WeightsOpener opener;
    private readonly IModelStore store;
    private readonly RegistrySync sync;
    private readonly ArchitectureLimits limits;
    private readonly ComputedAtOnce atOnce;
    private readonly TimeProvider clock;

    internal ModelCatalog(
        ModelRegistry registry,
        VersionLoader loader,
        IModelBuilder builder,
        WeightsOpener opener,
        IModelStore store,
        RegistrySync sync,
        IOptions<ArchitectureLimits> limits,
        IOptions<Backends.ComputeOptions> compute,
        IOptions<Scheduling.BatchingOptions> batching,
        TimeProvider clock
    )
    {
        (this.registry, this.loader, this.builder, this.opener, this.store) = (
            registry,
            loader,
            builder,
            opener,
            store
        );
        this.sync = sync;
        sync.Removed += version => Removed?.Invoke(version);
        (this.limits, this.clock) = (limits.Value, clock);
        atOnce = ComputedAtOnce.From(compute.Value, batching.Value);
    }

    /// <summary>Tells that a version was deleted, or replaced by one with other weights.</summary>
    internal event Action<ModelVersion>? Removed;

    /// <summary>
    /// Why this server refuses every change: <see cref="ErrorCode.ReadOnly"/>; null when it does not.
    /// </summary>
    public Failure? Refusal => store.Refusal;

    /// <summary>The models, ordered by name, without those whose first version is still being built.</summary>
    public IReadOnlyList<ModelEntry> List() => registry.List();

    /// <summary>Finds a model.</summary>
    /// <param name="name">The model's name.</param>
    /// <returns>
    /// The model; <see cref="ErrorCode.ModelNotFound"/>, or <see cref="ErrorCode.ModelNotReady"/> while its first
    /// version is being built.
    /// </returns>
    public Outcome<ModelEntry> Find(string name) => registry.Find(name);

    /// <summary>Finds a version of a model.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <returns>
    /// The version and its model; <see cref="ErrorCode.VersionNotFound"/>, or as <see cref="Find(string)"/>.
    /// </returns>
    public Outcome<VersionOfModel> Find(string name, int? version)
    {
        if (!registry.Find(name).TryGet(out var entry, out var failure))
            return failure;
        return entry.Find(version).Then(found => new VersionOfModel(entry, found));
    }

    /// <summary>Finds the network of a version.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <returns>
    /// The network; <see cref="ErrorCode.ModelNotReady"/>: the version's files are damaged; or as
    /// <see cref="Find(string, int?)"/>.
    /// </returns>
    public Outcome<ResolvedModel> FindNetwork(string name, int? version) =>
        Outcome.Of(() => registry.Find(name, version).OrThrow().Resolved);

    /// <summary>Finds a version whose weights are all random, so that weights can be put into it.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <returns>
    /// The version; <see cref="ErrorCode.VersionConflict"/>: it has weights already;
    /// <see cref="ErrorCode.ModelNotReady"/>: it is being built, or can't be served; or as
    /// <see cref="Find(string, int?)"/>.
    /// </returns>
    public Outcome<ModelVersion> FindWithRandomWeights(string name, int version)
    {
        if (!registry.Find(name, version).TryGet(out var found, out var failure))
            return failure;
        var snapshot = found.Current;
        if (snapshot.State is VersionState.Failed or VersionState.Loading)
            return found.NotReady();
        return snapshot.Weights?.State == WeightsState.Random
            ? found
            : new Failure(
                ErrorCode.VersionConflict,
                $"Version {version} of '{name}' has weights already, and these can't be replaced. "
                    + $"Create a new version with the new weights: POST /v1/models/{name}/versions."
            );
    }

    /// <summary>Reads the definition of a model, and checks all of it.</summary>
    /// <param name="definition">The definition.</param>
    /// <returns>
    /// What is to be built; <see cref="ErrorCode.DefinitionInvalid"/> with every error and its place; or as
    /// <see cref="FindNetwork"/>, of the model that it is derived from.
    /// </returns>
    public Outcome<ResolvedModel> Resolve(JsonElement definition) =>
        Outcome.Of(() =>
            ResolvedModel.Read(
                definition,
                limits,
                reference => registry.Find(reference.Name, reference.Version).OrThrow().Resolved
            )
        );

    /// <summary>
    /// Reads the definition of a new version. What it leaves out comes from the model's default version.
    /// </summary>
    /// <param name="name">The model's name.</param>
    /// <param name="definition">The definition: that of a model, in part and without a name.</param>
    /// <returns>As <see cref="Resolve"/> and <see cref="Find(string)"/>.</returns>
    public Outcome<ResolvedModel> ResolveVersion(string name, JsonElement definition) =>
        Outcome.Of(() => Resolve(VersionDefinition.Complete(definition, registry.Find(name).OrThrow())).OrThrow());

    /// <summary>Compares a weights file with the network of a model's default version, without building it.</summary>
    /// <param name="model">The network.</param>
    /// <param name="upload">The file; borrowed.</param>
    /// <param name="terms">The client's choices.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>The comparison, or <see cref="ErrorCode.WeightsUnreadable"/>.</returns>
    public Task<Outcome<WeightsReport>> CheckWeightsAsync(
        ResolvedModel model,
        WeightsUpload upload,
        WeightsTerms terms,
        CancellationToken cancellationToken
    ) => Outcome.OfAsync(() => opener.CheckAsync(model, upload, terms, cancellationToken));

    /// <summary>Opens the weights of a version for download, as they are stored.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>
    /// The file, which the caller disposes. It does not hold the version: that may be unloaded or deleted meanwhile.
    /// <see cref="ErrorCode.ModelNotReady"/>: the version is not stored; <see cref="ErrorCode.WeightsUnreadable"/>:
    /// its file is damaged; or as <see cref="Find(string, int?)"/>.
    /// </returns>
    public Task<Outcome<WeightsDownload>> OpenWeightsAsync(
        string name,
        int version,
        CancellationToken cancellationToken
    ) =>
        Outcome.OfAsync(async () =>
        {
            var found = registry.Find(name, version).OrThrow();
            var snapshot = found.Current;
            if (snapshot is not { WeightsFile: { } expected, Resolved: { } model })
                throw new ServingException(found.NotReady());
            var file = await store.OpenWeightsAsync(name, version, expected, cancellationToken);
            return new WeightsDownload(file, name, version, model, snapshot.Weights!);
        });

    /// <summary>Loads a version, if it is not in memory. Simultaneous callers share one load.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Fires when the client disconnects; the load goes on.</param>
    /// <returns>
    /// The version; <see cref="ErrorCode.ModelNotReady"/>: its files are damaged; <see cref="ErrorCode.OutOfMemory"/>;
    /// or as <see cref="Find(string, int?)"/>.
    /// </returns>
    public Task<Outcome<VersionOfModel>> LoadAsync(string name, int version, CancellationToken cancellationToken) =>
        Outcome.OfAsync(async () =>
        {
            var found = Find(name, version).OrThrow();
            if (found.Version.Current is not { WeightsFile: not null, Resolved: not null })
                throw new ServingException(found.Version.NotReady());
            if (found.Version.Current.State != VersionState.Ready)
                await loader.LoadAsync(found.Version).WaitAsync(cancellationToken);
            return found;
        });

    /// <summary>Unloads a version. Running requests finish; later ones don't load it.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <returns>
    /// What became of its memory; <see cref="ErrorCode.ModelNotReady"/>: it is being loaded, or can't be served; or as
    /// <see cref="Find(string, int?)"/>.
    /// </returns>
    public Task<Outcome<UnloadedVersion>> UnloadAsync(string name, int version) =>
        Outcome.OfAsync(async () =>
        {
            var found = registry.Find(name, version).OrThrow();
            var before = Environment.WorkingSet;
            if (found.Unload() is not { } draining)
                throw new ServingException(found.NotReady());
            var heldBy = await loader.WaitForDrainAsync(found, draining);
            return new UnloadedVersion(found, heldBy, before, Environment.WorkingSet);
        });
}

/// <summary>A version with its model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">The version.</param>
public sealed record VersionOfModel(ModelEntry Model, ModelVersion Version);

/// <summary>A version that was unloaded.</summary>
/// <param name="Version">The version.</param>
/// <param name="HeldBy">
/// What still keeps it in memory, such as <c>2 predictions</c>; null when its memory is freed.
/// </param>
/// <param name="ResidentBefore">Resident bytes of the process before.</param>
/// <param name="ResidentAfter">Resident bytes of the process afterwards.</param>
public sealed record UnloadedVersion(ModelVersion Version, string? HeldBy, long ResidentBefore, long ResidentAfter);

/// <summary>What was deleted.</summary>
/// <param name="BytesFreed">Bytes of the tensors and plans that were in memory, and are no longer.</param>
/// <param name="HeldBy">
/// What still keeps a part of it in memory, such as <c>2 predictions</c>; null when nothing does.
/// </param>
public sealed record Deleted(long BytesFreed, string? HeldBy);
