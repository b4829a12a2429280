using ModelService.Models.Execution;
using ModelService.Models.Registry;
using ModelService.Models.Tests.Registry.Support;

namespace ModelService.Models.Tests.Registry;

/// <summary>The metrics of a registry, as its models come and go.</summary>
public sealed class RegistryMetricsTests
{
    private readonly RegistryHarness registry = new();
    private readonly RegistryMetrics metrics;

    public RegistryMetricsTests() => metrics = new RegistryMetrics(registry.Registry, registry.Budget, registry.Sync);

    // OpenTelemetry keeps the values of an instrument for ever, and stops at 2,000 of them.
    [Fact]
    public async Task Collect_ManyModelsCreatedAndDeleted_HasThoseThatExist()
    {
        const int Models = 3_000;
        for (var index = 0; index < Models; index++)
        {
            await registry.CreateAsync($"model-{index}");
            await PredictAsync($"model-{index}");
        }

        Assert.Equal(
            Models,
            Samples("modelservice_inputs_total").Select(sample => sample.Labels[0].Value).Distinct().Count()
        );
        for (var index = 0; index < Models; index++)
            Assert.Null((await registry.Catalog.DeleteAsync($"model-{index}")).Failure);
        await registry.CreateAsync("last");
        await PredictAsync("last");

        var models = metrics
            .Collect()
            .SelectMany(metric => metric.Samples)
            .SelectMany(sample => sample.Labels)
            .Where(label => label.Name == "model");
        Assert.Equal("last", Assert.Single(models.Select(label => label.Value).Distinct()));
    }

    [Fact]
    public async Task Collect_PredictionThatEndsAfterTheDeletion_IsNotCounted()
    {
        await registry.CreateAsync("pets");
        var lease = (await registry.LeaseAsync("pets")).OrThrow();
        var predicting = lease.Model.Metrics.Predicting();
        lease.Model.Metrics.Queued(1);

        var deleting = registry.Catalog.DeleteAsync("pets");
        Count(lease.Model.Metrics);
        Assert.Empty(Samples("modelservice_inputs_total"));
        await registry.CreateAsync("pets");
        Count(lease.Model.Metrics);
        lease.Model.Metrics.Queued(-1);
        predicting.Dispose();
        lease.Dispose();
        await deleting;

        Assert.All(
            metrics.Collect().Where(metric => metric.Samples.Any(sample => sample.Labels.Contains(("model", "pets")))),
            metric => Assert.StartsWith("modelservice_model_", metric.Name, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Collect_NewVersionAndNewWeights_GoOnCounting()
    {
        await registry.CreateAsync("pets");
        await PredictAsync("pets");
        await registry.PutAsync("pets", 1);
        await PredictAsync("pets");
        await registry.AddAsync("pets");
        await PredictAsync("pets");

        Assert.Equal(3, Assert.Single(Samples("modelservice_inputs_total")).Value);
    }

    [Fact]
    public async Task Collect_Durations_FallIntoTheBucketsUpToTheirBound()
    {
        await registry.CreateAsync("pets");
        var counts = registry.Version("pets", 1).Metrics;
        counts.Computed(1, TimeSpan.FromSeconds(1));
        counts.Computed(4, TimeSpan.FromSeconds(1.5));
        counts.Computed(2_000, TimeSpan.FromSeconds(60));

        var stages = Samples("modelservice_stage_duration_seconds");
        Assert.All(stages, sample => Assert.Contains(("stage", "inference"), sample.Labels));
        Assert.Equal(
            ["0.5: 0", "1: 1", "2.5: 2", "5: 2", "10: 2", "30: 2", "+Inf: 3"],
            stages
                .Where(sample => sample.Suffix == "_bucket")
                .Select(sample => FormattableString.Invariant($"{sample.Labels[^1].Value}: {sample.Value}"))
                .SkipWhile(bucket => !bucket.StartsWith("0.5:", StringComparison.Ordinal))
        );
        Assert.Equal(
            [("_sum", 62.5), ("_count", 3)],
            stages.Where(sample => sample.Suffix != "_bucket").Select(sample => (sample.Suffix, sample.Value))
        );
    }

    private async Task PredictAsync(string model)
    {
        using var lease = (await registry.LeaseAsync(model)).OrThrow();
        using var predicting = lease.Model.Metrics.Predicting();
        Count(lease.Model.Metrics);
    }

    private static void Count(ModelMetrics metrics)
    {
        metrics.Computed(1, TimeSpan.FromMilliseconds(1));
        metrics.Answered([new Scores([1], [1])]);
    }

    private IReadOnlyList<MetricSample> Samples(string name) =>
        metrics.Collect().Single(metric => metric.Name == name).Samples;
}
