using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Runs;

namespace ModelService.Models.Training.Runs;

/// <summary>
/// The metrics of trainings: those that wait and run, and since the server started, how others have ended, and the
/// images and seconds of all. Thread-safe.
/// </summary>
public sealed class TrainingMetrics
{
    private static readonly RunState[] Ends = [RunState.Succeeded, RunState.Failed, RunState.Cancelled];

    private readonly IRunStore<TrainingRun> runs;
    private readonly Lock gate = new(); // of all below
    private readonly Dictionary<RunState, long> ended = [];
    private long images;
    private double seconds;

    internal TrainingMetrics(IRunStore<TrainingRun> runs) => this.runs = runs;

    /// <summary>The metrics with their values now; one without values has no samples.</summary>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    public async Task<IReadOnlyList<MetricFamily>> CollectAsync(CancellationToken cancellationToken)
    {
        var now = await CountAsync(cancellationToken);
        lock (gate)
        {
            return
            [
                new MetricFamily(
                    "modelservice_trainings",
                    "gauge",
                    "Trainings that wait and that run.",
                    now is var (queued, running)
                        ? [OfState(RunState.Queued, queued), OfState(RunState.Running, running)]
                        : []
                ),
                new MetricFamily(
                    "modelservice_trainings_ended_total",
                    "counter",
                    "Trainings that have ended, by state.",
                    [.. Ends.Select(state => OfState(state, ended.GetValueOrDefault(state)))]
                ),
                new MetricFamily(
                    "modelservice_training_images_total",
                    "counter",
                    "Images that trainings have computed, each as often as it was.",
                    [new MetricSample("", [], images)]
                ),
                new MetricFamily(
                    "modelservice_training_seconds_total",
                    "counter",
                    "Seconds that processes of trainings have run.",
                    [new MetricSample("", [], seconds)]
                ),
                .. runs.Leases is { } leases ? Sharing(leases) : [],
            ];
        }
    }

    private static MetricFamily[] Sharing(LeaseCounts leases) =>
        [
            new MetricFamily(
                "modelservice_training_leases",
                "gauge",
                "Trainings that this server runs.",
                [new MetricSample("", [], leases.Held)]
            ),
            new MetricFamily(
                "modelservice_training_takeovers_total",
                "counter",
                "Trainings that this server took from servers that were silent for too long.",
                [new MetricSample("", [], leases.Takeovers)]
            ),
            new MetricFamily(
                "modelservice_training_leases_lost_total",
                "counter",
                "Trainings that other servers took from this one.",
                [new MetricSample("", [], leases.Lost)]
            ),
        ];

    // Null when the store of the trainings can't be used now.
    private async Task<(long Queued, long Running)?> CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await runs.CountAsync(cancellationToken);
        }
        catch (ServingException)
        {
            return null;
        }
    }

    /// <summary>Counts a training that has ended.</summary>
    /// <param name="state">How.</param>
    internal void CountEnd(RunState state)
    {
        lock (gate)
            ended[state] = ended.GetValueOrDefault(state) + 1;
    }

    /// <summary>Counts the time of a process, or a part of it.</summary>
    /// <param name="time">How long it ran.</param>
    internal void CountTime(TimeSpan time)
    {
        lock (gate)
            seconds += time.TotalSeconds;
    }

    /// <summary>Counts the images that the events of one process tell of.</summary>
    /// <returns>Takes each event of the process, in order.</returns>
    internal Action<JsonObject> CountImages()
    {
        var (phase, known) = ("", 0L);
        return content =>
        {
            // Reading the pictures is not training.
            if ((string?)content["event"] != "step" || (string?)content["phase"] is not { } name || name == "photos")
                return;
            if (content["images"] is not { } value)
                return;
            if (name != phase)
                (phase, known) = (name, 0);
            var count = (long)value;
            lock (gate)
                images += count - known;
            known = count;
        };
    }

    private static MetricSample OfState(RunState state, long count) =>
        new("", [("state", WireNames.Get(state))], count);
}
