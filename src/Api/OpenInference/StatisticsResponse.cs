using System.Globalization;
using ModelService.Models.Registry;

namespace ModelService.Api.OpenInference;

/// <summary>The counts of models since the start of the server.</summary>
/// <param name="ModelStats">The counts of each.</param>
internal sealed record StatisticsResponse(IReadOnlyList<StatisticsResponse.ModelCounts> ModelStats)
{
    /// <summary>The counts of a model. They belong to the model, whichever of its versions is asked for.</summary>
    /// <param name="Name">The model's name.</param>
    /// <param name="Version">The version.</param>
    /// <param name="LastInference">When the last batch was computed, in milliseconds since 1970; 0: never.</param>
    /// <param name="InferenceCount">Inputs that got scores.</param>
    /// <param name="ExecutionCount">Batches that were computed.</param>
    /// <param name="InferenceStats">The counts of each stage.</param>
    /// <param name="BatchStats">Empty: stages are not timed for each size of batch.</param>
    /// <param name="MemoryUsage">The memory of the version, while it is in memory.</param>
    internal sealed record ModelCounts(
        string Name,
        string Version,
        long LastInference,
        long InferenceCount,
        long ExecutionCount,
        StageCounts InferenceStats,
        IReadOnlyList<object> BatchStats,
        IReadOnlyList<Memory> MemoryUsage
    );

    /// <summary>The counts of each stage.</summary>
    /// <param name="Success">Requests that were computed.</param>
    /// <param name="Fail">Inputs that got no scores.</param>
    /// <param name="Queue">Waiting.</param>
    /// <param name="ComputeInput">Decoding and preprocessing.</param>
    /// <param name="ComputeInfer">Computing.</param>
    /// <param name="ComputeOutput">Always zero: it is part of computing.</param>
    /// <param name="CacheHit">Always zero: there is no cache of answers.</param>
    /// <param name="CacheMiss">Always zero.</param>
    internal sealed record StageCounts(
        Duration Success,
        Duration Fail,
        Duration Queue,
        Duration ComputeInput,
        Duration ComputeInfer,
        Duration ComputeOutput,
        Duration CacheHit,
        Duration CacheMiss
    );

    /// <summary>How often something happened, and how long it took together.</summary>
    /// <param name="Count">How often.</param>
    /// <param name="Ns">How long, in nanoseconds.</param>
    internal sealed record Duration(long Count, long Ns);

    /// <summary>Memory of one kind.</summary>
    /// <param name="Type">The kind.</param>
    /// <param name="Id">The number of the device.</param>
    /// <param name="ByteSize">The bytes.</param>
    internal sealed record Memory(string Type, int Id, long ByteSize);

    /// <summary>Represents the counts of versions.</summary>
    /// <param name="versions">The versions.</param>
    /// <param name="clock">Says what time it is.</param>
    public static StatisticsResponse Create(IEnumerable<VersionOfModel> versions, TimeProvider clock) =>
        new([.. versions.Select(version => Count(version, clock))]);

    /// <summary>Represents the counts of all models.</summary>
    /// <param name="catalog">The models.</param>
    /// <param name="clock">Says what time it is.</param>
    public static StatisticsResponse CreateAll(ModelCatalog catalog, TimeProvider clock) =>
        Create(catalog.List().Select(model => new VersionOfModel(model, model.Default)), clock);

    /// <summary>Answers with the counts of all models.</summary>
    public static Task AnswerAllAsync(HttpContext http)
    {
        var services = http.RequestServices;
        return http.Response.WriteAsJsonAsync(
            CreateAll(services.GetRequiredService<ModelCatalog>(), services.GetRequiredService<TimeProvider>())
        );
    }

    private static ModelCounts Count(VersionOfModel found, TimeProvider clock)
    {
        var counts = found.Model.Statistics;
        var none = new Duration(0, 0);
        var queue = Take(counts.Requests, counts.Queueing);
        var input = Take(counts.Requests, counts.Decoding);
        var infer = Take(counts.Batches, counts.Computing);
        return new ModelCounts(
            found.Model.Name,
            found.Version.Version.ToString(CultureInfo.InvariantCulture),
            counts.SinceLast is { } since ? (clock.GetUtcNow() - since).ToUnixTimeMilliseconds() : 0,
            counts.Inputs,
            counts.Batches,
            new StageCounts(
                new Duration(counts.Requests, queue.Ns + input.Ns + infer.Ns),
                new Duration(counts.Rejected, 0),
                queue,
                input,
                infer,
                none,
                none,
                none
            ),
            [],
            found.Version.Current.State == VersionState.Ready
                ?
                [
                    new Memory(
                        found.Version.Current.Execution?.Device.StartsWith("cuda", StringComparison.Ordinal) == true
                            ? "GPU"
                            : "CPU",
                        0,
                        found.Version.Bytes
                    ),
                ]
                : []
        );
    }

    private static Duration Take(long count, TimeSpan time) => new(count, time.Ticks * TimeSpan.NanosecondsPerTick);
}
