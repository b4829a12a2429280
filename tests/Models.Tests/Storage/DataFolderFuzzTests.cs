using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Language;
using ModelService.Models.Registry;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Storage;

/// <summary>
/// Starts over data folders in which one file is damaged at random. Each start must succeed and list every model; the
/// models beside the damaged one must be whole, and the damaged files must stay as they are. A failure names its start.
/// </summary>
public sealed class DataFolderFuzzTests : IDisposable
{
    private const int Starts = 5_000;
    private const string Damaged = "pets";

    private static readonly CancellationToken Token = CancellationToken.None;

    private readonly string root = Directory.CreateTempSubdirectory("fuzz-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Start_OneDamagedFile_FailsItsModelAlone()
    {
        var first = TestSeed.Get();
        var workers = Enumerable.Range(0, Environment.ProcessorCount).Select(worker => Path.Combine(root, $"{worker}"));
        var whole = 0;
        await Parallel.ForEachAsync(
            workers.Index(),
            Token,
            async (worker, _) =>
            {
                await WriteAsync(worker.Item);
                var folder = new MutatedFolder(worker.Item, Path.Combine(worker.Item, "models", Damaged));
                for (var start = worker.Index; start < Starts; start += Environment.ProcessorCount)
                {
                    var mutation = folder.Mutate(new Random(first + start));
                    try
                    {
                        if (await StartAsync(worker.Item, folder))
                            Interlocked.Increment(ref whole);
                    }
                    catch (Exception exception)
                    {
                        Assert.Fail($"Start {start} (seed {first}), {mutation}: {exception}");
                    }

                    folder.Restore();
                }
            }
        );

        // Both kinds come up, or the mutations are too weak or too wild to find anything.
        TestContext.Current.TestOutputHelper?.WriteLine($"{whole} of {Starts} models are whole all the same.");
        Assert.InRange(whole, Starts / 20, Starts * 9 / 10);
    }

    // Whether the damaged model is whole all the same.
    private static async Task<bool> StartAsync(string path, MutatedFolder mutated)
    {
        using var store = StoreFactory.Create(path, readOnly: false, out var folder);
        using var closing = folder;
        var before = mutated.Read();
        var models = await store.OpenAsync(Token);
        var registry = new ModelRegistry(
            Options.Create(new ComputeOptions()),
            Options.Create(new BatchingOptions()),
            NullLogger<ModelRegistry>.Instance
        );
        registry.Restore(models, await store.ReadLastUsesAsync());
        foreach (var entry in registry.List())
            Describe(entry);

        Assert.Equal(before, mutated.Read());
        var others = models.Where(model => model.Name is "cats" or "dogs").ToList();
        Assert.Equal(2, others.Count);
        Assert.All(
            others,
            model => Assert.All(model.Versions.Select(item => item.Damage).Append(model.Damage), Assert.Null)
        );
        if (before.Keys.Any(file => file.StartsWith(Damaged + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            Assert.Contains(models, model => model.Name == Damaged);
        var damages = models.SelectMany(model => model.Versions.Select(item => item.Damage)).ToList();
        Assert.DoesNotContain(StoredVersionReader.Unexpected, damages);
        return damages.All(damage => damage is null);
    }

    // Reads all that GET /v1/models and GET /v1/models/NAME show.
    private static void Describe(ModelEntry entry)
    {
        Assert.NotNull(entry.Default);
        if (entry.Canary is { } canary)
            Assert.All(Enumerable.Range(0, 100), bucket => Assert.NotEqual(0, canary.Choose(bucket)));
        Assert.NotEmpty(JsonSerializer.Serialize(entry.Routes));
        Assert.True(entry.Settings.LastVersion >= entry.Versions[^1].Version);
        foreach (var version in entry.Versions)
        {
            var snapshot = version.Current;
            var weights = snapshot.Weights;
            Assert.Equal(snapshot.State == VersionState.Failed, snapshot.Resolved is null);
            Assert.NotEmpty(version.NotReady().Detail);
            Assert.NotEmpty(
                JsonSerializer.Serialize(
                    new
                    {
                        snapshot.State,
                        snapshot.Reason,
                        version.Lineage,
                        version.Created,
                        version.MemoryBytes,
                        Origin = weights?.State,
                        weights?.Head,
                        weights?.Report,
                        Random = weights?.RandomTensors.Count,
                        snapshot.Samples?.Reproduced,
                        snapshot.Samples?.Differences,
                        snapshot.Resolved?.Preprocessing,
                        snapshot.Resolved?.ClassCount,
                        Labels = snapshot.Resolved?.Definition.Labels,
                        Input = snapshot.Resolved?.Analysis.Input.Sizes,
                        snapshot.Resolved?.Analysis.Macs,
                    }
                )
            );
        }
    }

    private static async Task WriteAsync(string path)
    {
        using var store = StoreFactory.Create(path, readOnly: false, out var folder);
        using var closing = folder;
        await store.OpenAsync(Token);
        await store.PutVersionAsync(ModelStoreContract.Version("cats", 1, "abc"), Token);
        await store.PutVersionAsync(ModelStoreContract.Version("dogs", 1, "abc"), Token);
        await store.PutVersionAsync(ModelStoreContract.Version(Damaged, 1, "abc"), Token);
        var second = ModelStoreContract.Version(Damaged, 2, "abc");
        await store.PutVersionAsync(
            second with
            {
                Samples = [new SampleDefinition { Image = [1, 2, 3], Scores = [0.25, 0.75] }],
                Manifest = second.Manifest with
                {
                    Schema = VersionManifest.CurrentSchema,
                    Lineage = new VersionLineage("dogs@1", 1),
                    Report = new WeightsReport(
                        [],
                        [],
                        [],
                        ["a.weight"],
                        ["criterion.weight"],
                        [new("fc.weight", [2, 4], [7, 4])],
                        [new("x", "y")],
                        [new("epoch", "a number")]
                    ),
                    Samples = new SamplesReport(1, [new SampleDifference(0, 1, 0, 0.5, 0.001, null)]),
                },
            },
            Token
        );
        await store.PutSettingsAsync(
            Damaged,
            new ModelSettings
            {
                DefaultVersion = 1,
                LastVersion = 3,
                Labels = new Dictionary<int, IReadOnlyList<string>> { [1] = ["cat", "dog"] },
                Routes = new ModelRoutes
                {
                    Shares = new Dictionary<int, int> { [1] = 90, [2] = 10 },
                    Stable = 1,
                    Stop = new StopConditions(),
                    Since = DateTimeOffset.UnixEpoch,
                    Stopped = new RouteStop(default, 2, StopCondition.MaxDrift, 0.25, 0.5, null, 100, 900),
                },
            }
        );
        await store.PutLastUsesAsync([new(Damaged, 2), new("dogs", 1)]);
    }
}
