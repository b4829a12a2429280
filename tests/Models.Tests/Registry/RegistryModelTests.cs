using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Tests.Registry.Support;

namespace ModelService.Models.Tests.Registry;

/// <summary>
/// Random operations on the registry. One after another, each must have the result that a small model of the registry
/// predicts; at once, the invariants must hold.
/// </summary>
public sealed class RegistryModelTests
{
    private const int Versions = 3; // that fit into the memory
    private static readonly string[] Names = ["a", "b", "c", "d"];

    [Fact]
    public async Task OperationsOneAfterAnother_HaveTheResultsOfTheModel()
    {
        var random = TestSeed.Generator();
        for (var run = 0; run < 20; run++)
        {
            var registry = new RegistryHarness();
            var model = new Reference();
            for (var step = 0; step < 250; step++)
            {
                if (random.Next(60) == 0)
                {
                    registry = await registry.RestartAsync();
                    model.Restart();
                }

                await StepAsync(random, registry, model);
                model.AssertEqual(registry);
            }

            AssertInvariants(registry);
        }
    }

    [Fact]
    public async Task OperationsAtOnce_KeepTheInvariants()
    {
        var seeds = TestSeed.Generator();
        for (var run = 0; run < 10; run++)
        {
            var registry = new RegistryHarness(budget: Versions * RegistryHarness.VersionBytes);
            var random = new Random(seeds.Next());
            int Next(int limit)
            {
                lock (random)
                    return random.Next(limit);
            }

            registry.Builder.OnBuild = async (_, _, _) =>
            {
                await Task.Yield();
                if (Next(12) == 0)
                    throw new ServingException(ErrorCode.PlanRejected, "It can't be built this time.");
            };
            registry.Store.OnWrite = async _ =>
            {
                await Task.Yield();
                if (Next(12) == 0)
                    throw new ServingException(ErrorCode.StorageUnavailable, "The disk is full this time.");
            };
            await registry.PassTimeAsync(
                Task.WhenAll(
                    Enumerable
                        .Range(0, 8)
                        .Select(_ =>
                            Task.Run(async () =>
                            {
                                for (var step = 0; step < 150; step++)
                                    await OperateAsync(registry, Next);
                            })
                        )
                )
            );

            foreach (var version in registry.Registry.List().SelectMany(entry => entry.Versions))
                await version.DrainedAsync();
            AssertInvariants(registry);
            await AssertStoredAsync(registry);
            await registry.Registry.DisposeAsync();
            Assert.Empty(registry.Builder.Live);
            Assert.Equal(0, registry.Budget.Used("cpu"));
        }
    }

    private static async Task OperateAsync(RegistryHarness registry, Func<int, int> next)
    {
        var (name, version) = (Names[next(Names.Length)], 1 + next(3));
        switch (next(10))
        {
            case 0:
                await registry.CreateAsync(name);
                break;
            case 1:
                await registry.AddAsync(name);
                break;
            case 2:
                await registry.PutAsync(name, version);
                break;
            case 3:
                await registry.PinAsync(name, next(2) == 0 ? "\"newest\"" : $"{version}");
                break;
            case 4:
                await registry.Catalog.UnloadAsync(name, version);
                break;
            case 5:
                await registry.Catalog.LoadAsync(name, version, CancellationToken.None);
                break;
            case 6:
                await registry.Catalog.DeleteVersionAsync(name, version);
                break;
            case 7 when next(4) == 0:
                await registry.Catalog.DeleteAsync(name);
                break;
            default:
                if ((await registry.LeaseAsync(name, next(2) == 0 ? null : version)).TryGet(out var lease, out _))
                {
                    Assert.False(((FakeWorker)lease.Worker).IsDisposed);
                    await Task.Yield();
                    Assert.False(((FakeWorker)lease.Worker).IsDisposed);
                    lease.Dispose();
                }

                break;
        }
    }

    // What holds in every quiet moment.
    private static void AssertInvariants(RegistryHarness registry)
    {
        var versions = registry.Registry.List().SelectMany(entry => entry.Versions).ToList();
        var ready = versions.Where(version => version.Current.State == VersionState.Ready).ToList();
        Assert.All(
            versions,
            version =>
                Assert.True(version.Current.State is VersionState.Ready or VersionState.Unloaded or VersionState.Failed)
        );

        // Each ready version has one worker and one share of the budget, and nothing else has.
        Assert.Equal(
            ready.Select(version => $"{version.Name}@{version.Version}").Order(),
            registry.Builder.Live.Select(worker => $"{worker.Model}@{worker.Version}").Order()
        );
        Assert.Equal(ready.Count * RegistryHarness.VersionBytes, registry.Budget.Used("cpu"));

        // Each model has one default, which is one of its versions.
        Assert.All(registry.Registry.List(), entry => Assert.Contains(entry.Default, entry.Versions));
    }

    // What the registry shows is what a restart would find.
    private static async Task AssertStoredAsync(RegistryHarness registry)
    {
        var stored = await registry.Store.OpenAsync(CancellationToken.None);
        Assert.Equal(
            registry.Registry.List().SelectMany(entry => Stored(entry)).Order(),
            stored
                .SelectMany(model =>
                    model.Versions.Select(version => Text(model.Name, version.Version, version.Manifest!.Files))
                )
                .Order()
        );
        Assert.All(
            stored,
            model => Assert.Equal(registry.Catalog.Find(model.Name).OrThrow().Pinned, model.Settings.DefaultVersion)
        );

        static IEnumerable<string> Stored(ModelEntry entry) =>
            entry
                .Versions.Where(version => version.Current.WeightsFile is not null)
                .Select(version => Text(version.Name, version.Version, version.Current.Files));

        static string Text(string name, int version, IReadOnlyDictionary<string, StoredFile> files) =>
            $"{name}@{version} {files[StoredFile.Weights].Sha256}";
    }

    // Does one operation in both, and compares the results.
    private static async Task StepAsync(Random random, RegistryHarness registry, Reference model)
    {
        var (name, version) = (Names[random.Next(Names.Length)], 1 + random.Next(4));
        var fails = random.Next(8) == 0;
        registry.Builder.OnBuild = (_, _, _) =>
            fails ? throw new ServingException(ErrorCode.PlanRejected, "No.") : Task.CompletedTask;
        var (what, expected, found) = random.Next(9) switch
        {
            0 => ("create", model.Create(name, fails), (await registry.CreateAsync(name)).Failure?.Code),
            1 => ("add", model.Add(name, fails), (await registry.AddAsync(name)).Failure?.Code),
            2 => ("put", model.Put(name, version, fails), (await registry.PutAsync(name, version)).Failure?.Code),
            3 => ("pin", model.Pin(name, version), (await registry.PinAsync(name, $"{version}")).Failure?.Code),
            4 => ("unpin", model.Pin(name, null), (await registry.PinAsync(name, "\"newest\"")).Failure?.Code),
            5 => (
                "unload",
                model.Unload(name, version),
                (await registry.Catalog.UnloadAsync(name, version)).Failure?.Code
            ),
            6 => (
                "load",
                model.Load(name, version, fails),
                (await registry.Catalog.LoadAsync(name, version, CancellationToken.None)).Failure?.Code
            ),
            7 => (
                "delete version",
                model.DeleteVersion(name, version),
                (await registry.Catalog.DeleteVersionAsync(name, version)).Failure?.Code
            ),
            _ when random.Next(6) == 0 => (
                "delete",
                model.Delete(name),
                (await registry.Catalog.DeleteAsync(name)).Failure?.Code
            ),
            _ => ("predict", model.Predict(name, fails), await PredictAsync(registry, name)),
        };

        Assert.True(expected == found, $"{what} {name}@{version} gave {found}, and the model says {expected}.");
    }

    private static async Task<ErrorCode?> PredictAsync(RegistryHarness registry, string name)
    {
        var outcome = await registry.LeaseAsync(name);
        outcome.Value?.Dispose();
        return outcome.Failure?.Code;
    }

    /// <summary>The registry as simply as it can be said: no memory, no concurrency.</summary>
    private sealed class Reference
    {
        private readonly Dictionary<string, Model> models = [];

        public ErrorCode? Create(string name, bool fails)
        {
            if (models.ContainsKey(name))
                return ErrorCode.ModelExists;
            if (fails)
                return ErrorCode.PlanRejected;
            models[name] = new Model();
            models[name].Versions[1] = new Version();
            return null;
        }

        public ErrorCode? Add(string name, bool fails)
        {
            if (!models.TryGetValue(name, out var model))
                return ErrorCode.ModelNotFound;
            model.Last++;
            if (fails)
                return ErrorCode.PlanRejected;
            model.Versions[model.Last] = new Version();
            return null;
        }

        public ErrorCode? Put(string name, int number, bool fails)
        {
            if (Find(name, number, out var version) is { } error)
                return error;
            if (version!.State == VersionState.Failed)
                return ErrorCode.ModelNotReady;
            if (!version.IsRandom)
                return ErrorCode.VersionConflict;
            if (fails)
                return ErrorCode.PlanRejected;
            models[name].Versions[number] = new Version { IsRandom = false };
            return null;
        }

        public ErrorCode? Pin(string name, int? number)
        {
            if (number is not { } chosen)
            {
                if (!models.TryGetValue(name, out var model))
                    return ErrorCode.ModelNotFound;
                (model.Pinned, model.StoredLast) = (null, model.Last);
                return null;
            }

            if (Find(name, chosen, out var version) is { } error)
                return error;
            if (version!.State == VersionState.Failed)
                return ErrorCode.VersionConflict;
            (models[name].Pinned, models[name].StoredLast) = (chosen, models[name].Last);
            version.LoadsOnRequest |= version.State == VersionState.Unloaded;
            return null;
        }

        public ErrorCode? Unload(string name, int number)
        {
            if (Find(name, number, out var version) is { } error)
                return error;
            if (version!.State == VersionState.Failed)
                return ErrorCode.ModelNotReady;
            (version.State, version.LoadsOnRequest) = (VersionState.Unloaded, false);
            return null;
        }

        public ErrorCode? Load(string name, int number, bool fails)
        {
            if (Find(name, number, out var version) is { } error)
                return error;
            return Load(version!, fails);
        }

        public ErrorCode? Predict(string name, bool fails)
        {
            if (!models.TryGetValue(name, out var model))
                return ErrorCode.ModelNotFound;
            var version = model.Versions[model.Default];
            if (version.State == VersionState.Ready)
                return null;
            return version.LoadsOnRequest ? Load(version, fails) : ErrorCode.ModelNotReady;
        }

        public ErrorCode? DeleteVersion(string name, int number)
        {
            if (Find(name, number, out var version) is { } error)
                return error;
            var model = models[name];
            if (model.Pinned == number || model.Versions.Count == 1)
                return ErrorCode.VersionConflict;
            model.StoredLast = model.Last;
            model.Versions.Remove(number);
            return null;
        }

        public ErrorCode? Delete(string name) => models.Remove(name) ? null : ErrorCode.ModelNotFound;

        public void Restart()
        {
            foreach (var model in models.Values)
            {
                foreach (var version in model.Versions.Values)
                    (version.State, version.LoadsOnRequest) = (VersionState.Unloaded, true);
                model.Last = Math.Max(model.StoredLast, model.Versions.Keys.Last());
            }
        }

        public void AssertEqual(RegistryHarness registry)
        {
            string Describe(string name, int number, VersionState state, bool isPinned, bool isDefault) =>
                $"{name}@{number} {state}{(isPinned ? " pinned" : "")}{(isDefault ? " default" : "")}";

            Assert.Equal(
                from model in models
                from version in model.Value.Versions
                orderby model.Key, version.Key
                select Describe(
                    model.Key,
                    version.Key,
                    version.Value.State,
                    model.Value.Pinned == version.Key,
                    model.Value.Default == version.Key
                ),
                from entry in registry.Registry.List()
                from version in entry.Versions
                orderby entry.Name, version.Version
                select Describe(
                    entry.Name,
                    version.Version,
                    version.Current.State,
                    entry.Pinned == version.Version,
                    entry.Default == version
                )
            );
        }

        private static ErrorCode? Load(Version version, bool fails)
        {
            if (version.State == VersionState.Ready)
                return null;
            (version.State, version.LoadsOnRequest) = (fails ? VersionState.Failed : VersionState.Ready, false);
            return fails ? ErrorCode.ModelNotReady : null;
        }

        private ErrorCode? Find(string name, int number, out Version? version)
        {
            version = null;
            if (!models.TryGetValue(name, out var model))
                return ErrorCode.ModelNotFound;
            return model.Versions.TryGetValue(number, out version) ? null : ErrorCode.VersionNotFound;
        }

        private sealed class Model
        {
            public SortedDictionary<int, Version> Versions { get; } = [];

            public int Last { get; set; } = 1;

            // The settings are stored when a model is changed, and not with each version.
            public int StoredLast { get; set; }

            public int? Pinned { get; set; }

            public int Default =>
                Pinned is { } pinned && Versions.ContainsKey(pinned) ? pinned
                : Versions.LastOrDefault(pair => pair.Value.IsServable) is { Value: not null } servable ? servable.Key
                : Versions.LastOrDefault(pair => pair.Value.State == VersionState.Unloaded)
                    is { Value: not null } unloaded
                    ? unloaded.Key
                : Versions.Last().Key;
        }

        private sealed class Version
        {
            public VersionState State { get; set; } = VersionState.Ready;

            public bool LoadsOnRequest { get; set; }

            public bool IsRandom { get; init; } = true;

            public bool IsServable => State == VersionState.Ready || LoadsOnRequest;
        }
    }
}
