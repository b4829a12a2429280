using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Prediction;
using ModelService.Models.Registry;
using ModelService.Models.Registry.Routing;
using ModelService.Models.Scheduling;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Registry.Support;

namespace ModelService.Models.Tests.Prediction;

public sealed class PredictionServiceTests
{
    private readonly RegistryHarness registry = new();

    [Fact]
    public async Task Predict_VersionThatLoadsLongerThanTheTimeout_IsOverItsDeadlineAndTheLoadGoesOn()
    {
        await registry.CreateAsync("pets");
        var version = registry.Version("pets", 1);
        await version.Drain("Another version needed its memory.", loadsOnRequest: true)!;
        TaskCompletionSource released = new();
        registry.Builder.OnBuild = (_, _, _) => released.Task;

        // The clock of the registry stands still: LoadWait is never over.
        var predicting = PredictAsync(new BatchingOptions(), TimeSpan.FromMilliseconds(50));
        var failure = (
            await predicting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)
        ).Failure!;

        Assert.Equal(ErrorCode.DeadlineExceeded, failure.Code);
        Assert.Equal(VersionState.Loading, version.Current.State);
        released.SetResult();
        using var lease = (await registry.LeaseAsync("pets")).OrThrow();
        Assert.Single(registry.Builder.Live);
    }

    // The input has 4 numbers and 2 scores, which exist three times at the end.
    [Fact]
    public async Task Predict_InputAndScoresOfMoreBytesThanTheLimit_IsRefused()
    {
        await registry.CreateAsync("pets");

        var failure = (await PredictAsync(new BatchingOptions { BytesLimit = 39 })).Failure!;

        Assert.Equal(ErrorCode.BodyTooLarge, failure.Code);
        Assert.Contains("40 bytes", failure.Detail, StringComparison.Ordinal);
    }

    // Nothing here comes as far as scores.
    private Task<Outcome<PredictionResult>> PredictAsync(BatchingOptions options, TimeSpan? timeout = null)
    {
        var service = new PredictionService(
            registry.Loader,
            scorer: null!,
            new RouteBuckets(new Random(1)),
            new CanaryGuard(registry.Catalog, registry.Clock, NullLogger<CanaryGuard>.Instance),
            Options.Create(options)
        );
        return service.PredictAsync(
            "pets",
            null,
            [new RawTensor([1, 2, 2], new float[4])],
            new PredictionTerms(Timeout: timeout),
            TestContext.Current.CancellationToken
        );
    }
}
