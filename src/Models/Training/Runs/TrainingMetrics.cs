using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Execution;

namespace ModelService.Models.Training.Runs;

/// <summary>
/// The metrics of trainings: those that wait and run, and since the server started, how others have ended, and the
/// images and seconds of all. Thread-safe.
/// </summary>
public sealed class TrainingMetrics
{
    private static readonly TrainingState[] Ends =
    [
        TrainingState.Succeeded,
        TrainingState.Failed,
        TrainingState.Cancelled,
    ];

    private readonly TrainingCatalog catalog;
    private readonly Lock gate = new(); // of all below
    private readonly Dictionary<TrainingState, long> ended = [];
    private long images;
    private double seconds;

    internal TrainingMetrics(TrainingCatalog catalog) => this.catalog = catalog;

    /// <summary>The metrics with their values now.</summary>
    public IReadOnlyList<MetricFamily> Collect()
    {
        var now = catalog.List().CountBy(run => run.State).ToDictionary();
        lock (gate)
        {
            return
            [
                new MetricFamily(
                    "modelservice_trainings",
                    "gauge",
                    "Trainings that wait and that run.",
                    [
                        OfState(TrainingState.Queued, now.GetValueOrDefault(TrainingState.Queued)),
                        OfState(TrainingState.Running, now.GetValueOrDefault(TrainingState.Running)),
                    ]
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
            ];
        }
    }

    /// <summary>Counts a training that has ended.</summary>
    /// <param name="state">How.</param>
    internal void CountEnd(TrainingState state)
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

    private static MetricSample OfState(TrainingState state, long count) =>
        new("", [("state", WireNames.Get(state))], count);
}
