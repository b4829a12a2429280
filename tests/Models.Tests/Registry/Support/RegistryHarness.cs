using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using ModelService.Models.Backends;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Registry;
using ModelService.Models.Registry.Placement;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Tests.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Registry.Support;

/// <summary>
/// A registry whose builds, store and clock a test controls. No network is built and no file is written.
/// </summary>
internal sealed class RegistryHarness
{
    public RegistryHarness(long? budget = null, MemoryModelStore? store = null, ClusterOptions? cluster = null)
    {
        Store = store ?? new MemoryModelStore();
        Builder = new FakeModelBuilder(Clock);
        var memory = Options.Create(new MemoryOptions { Budget = budget });
        Budget = new MemoryBudget(memory, new ProgramCache());
        var compute = Options.Create(new ComputeOptions());
        var batching = Options.Create(new BatchingOptions());
        Registry = new ModelRegistry(compute, batching, NullLogger<ModelRegistry>.Instance);
        Placement = new ModelPlacement(Store, Registry, Budget, Options.Create(cluster ?? new ClusterOptions()), Clock);
        Loader = new VersionLoader(
            Registry,
            Builder,
            Store,
            Budget,
            Placement,
            memory,
            Clock,
            NullLogger<VersionLoader>.Instance
        );
        Sync = new RegistrySync(
            Store,
            Registry,
            Loader,
            Placement,
            Options.Create(new StorageOptions()),
            Options.Create(new RolloutOptions()),
            Clock,
            NullLogger<RegistrySync>.Instance
        );
        Catalog = new ModelCatalog(
            Registry,
            Loader,
            Builder,
            new WeightsOpener(Store, Options.Create(WeightsLimits.Default)),
            Store,
            Sync,
            Options.Create(new ArchitectureLimits()),
            compute,
            batching,
            Clock
        );
    }

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.UnixEpoch);

    public MemoryModelStore Store { get; }

    public FakeModelBuilder Builder { get; }

    public MemoryBudget Budget { get; }

    public ModelRegistry Registry { get; }

    public ModelPlacement Placement { get; }

    public VersionLoader Loader { get; }

    public RegistrySync Sync { get; }

    public ModelCatalog Catalog { get; }

    /// <summary>The memory of one version: all networks of these tests are equal.</summary>
    public static long VersionBytes { get; } =
        new ModelVersion(
            "any",
            1,
            null,
            default,
            VersionSnapshot.Building(Model("any")),
            ComputedAtOnce.From(new ComputeOptions(), new BatchingOptions()),
            new ModelMetrics("any")
        ).MemoryBytes;

    /// <summary>A definition of a small network.</summary>
    public static ResolvedModel Model(string name) =>
        ResolvedModel.Read(
            JsonElement.Parse(
                $$"""
                { "name": "{{name}}", "architecture": { "input": { "channels": 1, "height": 2, "width": 2 },
                  "layers": [{ "type": "flatten" }, { "type": "linear", "name": "fc", "out_features": 2 }] } }
                """
            ),
            new ArchitectureLimits()
        );

    /// <summary>A registry over the same store, as after a restart.</summary>
    public async Task<RegistryHarness> RestartAsync(long? budget = null)
    {
        var next = new RegistryHarness(budget, Store);
        next.Registry.Restore(await Store.OpenAsync(CancellationToken.None), await Store.ReadLastUsesAsync());
        return next;
    }

    public Task<Outcome<VersionOfModel>> CreateAsync(string name) => CreateForAsync(name, CancellationToken.None);

    public Task<Outcome<VersionOfModel>> CreateForAsync(string name, CancellationToken client) =>
        Catalog.CreateAsync(Model(name), null, WeightsTerms.Default, client);

    public Task<Outcome<VersionOfModel>> AddAsync(string name) => AddForAsync(name, CancellationToken.None);

    public Task<Outcome<VersionOfModel>> AddForAsync(string name, CancellationToken client) =>
        Catalog.AddVersionAsync(Model(name), null, WeightsTerms.Default, client);

    public Task<Outcome<VersionOfModel>> PutAsync(string name, int version) =>
        Catalog.PutWeightsAsync(
            name,
            version,
            new WeightsUpload(null!, ""),
            WeightsTerms.Default,
            CancellationToken.None
        );

    public Task<Outcome<ModelEntry>> PinAsync(string name, string version) =>
        Catalog.UpdateAsync(
            name,
            ModelUpdate.Read(JsonElement.Parse($$"""{ "default_version": {{version}} }""")),
            CancellationToken.None
        );

    public Task<Outcome<ModelLease>> LeaseAsync(string name, int? version = null) =>
        Loader.LeaseAsync(name, version, "prediction", CancellationToken.None);

    /// <summary>Lets time pass until a task is over: those that wait for memory look again then.</summary>
    /// <param name="task">The task.</param>
    /// <param name="step">The seconds that pass in a millisecond.</param>
    public async Task PassTimeAsync(Task task, double step = 1)
    {
        while (!task.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(step));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await task;
    }

    public async Task<T> PassTimeAsync<T>(Task<T> task)
    {
        await PassTimeAsync((Task)task);
        return await task;
    }

    public ModelVersion Version(string name, int version) => Registry.Find(name, version).OrThrow();

    public VersionState State(string name, int version) => Version(name, version).Current.State;
}
