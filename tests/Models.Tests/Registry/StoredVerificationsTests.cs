using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Execution;
using ModelService.Models.Registry;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Tests.Registry.Support;
using ModelService.Models.Tests.Storage;

namespace ModelService.Models.Tests.Registry;

/// <summary>The results of comparing plans, as they are stored and found.</summary>
public sealed class StoredVerificationsTests
{
    private static readonly StoredFile Weights = new(3, "ab12");
    private static readonly VerifiedPlan Result = new(new PlanAccuracy(1e-7, 1e-8, 1, 8), [1.5f, float.NaN]);
    private static readonly ModelVersion Version = new(
        "pets",
        1,
        null,
        default,
        VersionSnapshot.Building(RegistryHarness.Model("pets")),
        new ComputedAtOnce(1, 8),
        new ModelMetrics("pets")
    );

    private readonly MemoryModelStore store = new();

    [Fact]
    public async Task Find_Kept_IsTheSame()
    {
        await Create(maxBatchSize: 8).KeepAsync(Version, Weights, Result);

        var found = await Create(maxBatchSize: 8).FindAsync(Version, Weights);

        Assert.Equal(Result.Accuracy, found!.Accuracy);
        Assert.Equal(Result.Scores, found.Scores);
    }

    [Fact]
    public async Task Find_OtherWeightsOrLargestBatch_IsNotThere()
    {
        await Create(maxBatchSize: 8).KeepAsync(Version, Weights, Result);

        Assert.Null(await Create(maxBatchSize: 8).FindAsync(Version, Weights with { Sha256 = "cd34" }));
        Assert.Null(await Create(maxBatchSize: 4).FindAsync(Version, Weights));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"Scores":[1]}""")]
    public async Task Find_DamagedResult_IsNotThere(string text)
    {
        await Create(maxBatchSize: 8).KeepAsync(Version, Weights, Result);
        foreach (var key in store.ProbeKeys)
            await store.PutProbeAsync(key, text);

        Assert.Null(await Create(maxBatchSize: 8).FindAsync(Version, Weights));
    }

    private StoredVerifications Create(int maxBatchSize) =>
        new(
            store,
            Options.Create(new BatchingOptions { MaxBatchSize = maxBatchSize }),
            NullLogger<StoredVerifications>.Instance
        );
}
