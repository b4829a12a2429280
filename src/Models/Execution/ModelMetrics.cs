using System.Diagnostics;
using ModelService.Models.Errors;

namespace ModelService.Models.Execution;

/// <summary>
/// The counts of one model; <c>docs/metrics.md</c> lists them as they appear at <c>/metrics</c>. They belong to the
/// model and go with it: a prediction that ends after the deletion counts where nobody reads, and a new model of the
/// same name starts at zero. So they are no instruments of a <c>Meter</c>, whose values OpenTelemetry keeps for ever.
/// Thread-safe.
/// </summary>
/// <param name="model">The model's name.</param>
public sealed class ModelMetrics(string model)
{
    /// <summary>The bounds of the buckets of durations.</summary>
    internal static readonly double[] Seconds =
    [
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        5,
        10,
        30,
    ];

    private static readonly double[] Inputs = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    private readonly Lock gate = new(); // of all below
    private readonly Histogram decode = new(Seconds);
    private readonly Histogram queue = new(Seconds);
    private readonly Histogram inference = new(Seconds);
    private readonly Histogram batches = new(Inputs);
    private readonly SortedDictionary<ErrorCode, long> rejections = [];

    // Null until there was something to count: only then is there a value to show.
    private long? active;
    private long? waiting;
    private long? scored;
    private long? computed; // when the last batch was

    /// <summary>The inputs that wait for the model.</summary>
    internal long Waiting
    {
        get
        {
            lock (gate)
                return waiting ?? 0;
        }
    }

    /// <summary>The predictions under way.</summary>
    internal long Active
    {
        get
        {
            lock (gate)
                return active ?? 0;
        }
    }

    /// <summary>The counts of this moment.</summary>
    internal ModelStatistics Statistics
    {
        get
        {
            lock (gate)
            {
                return new ModelStatistics(
                    Requests: queue.Count,
                    Batches: inference.Count,
                    Inputs: scored ?? 0,
                    Rejected: rejections.Values.Sum(),
                    Decoding: TimeSpan.FromSeconds(decode.Sum),
                    Queueing: TimeSpan.FromSeconds(queue.Sum),
                    Computing: TimeSpan.FromSeconds(inference.Sum),
                    SinceLast: computed is { } last ? Stopwatch.GetElapsedTime(last) : null
                );
            }
        }
    }

    /// <summary>Counts a prediction as active until the result is disposed.</summary>
    internal IDisposable Predicting() => new ActivePrediction(this);

    /// <summary>Records that the model's queue became longer or shorter.</summary>
    /// <param name="inputs">The change in inputs; negative when the queue became shorter.</param>
    internal void Queued(int inputs)
    {
        lock (gate)
            waiting = (waiting ?? 0) + inputs;
    }

    /// <summary>Records that a request's photos were decoded and preprocessed.</summary>
    /// <param name="duration">The time from the start of the first to the end of the last.</param>
    internal void Decoded(TimeSpan duration)
    {
        lock (gate)
            decode.Record(duration.TotalSeconds);
    }

    /// <summary>Records that a request's inputs left the queue.</summary>
    /// <param name="duration">How long they waited.</param>
    internal void Waited(TimeSpan duration)
    {
        lock (gate)
            queue.Record(duration.TotalSeconds);
    }

    /// <summary>Records that a batch was computed.</summary>
    /// <param name="inputs">The number of inputs in the batch.</param>
    /// <param name="duration">How long the batch took.</param>
    internal void Computed(int inputs, TimeSpan duration)
    {
        lock (gate)
        {
            batches.Record(inputs);
            computed = Stopwatch.GetTimestamp();
            inference.Record(duration.TotalSeconds);
        }
    }

    /// <summary>Records the outcomes of a request's inputs.</summary>
    /// <param name="outcomes">Scores or a failure for each input.</param>
    internal void Answered(IReadOnlyList<Outcome<Scores>> outcomes)
    {
        lock (gate)
            scored = (scored ?? 0) + outcomes.Count(outcome => outcome.Failure is null);
        foreach (var failure in outcomes.Select(outcome => outcome.Failure).OfType<Failure>())
            Rejected(failure.Code, 1);
    }

    /// <summary>Records that inputs got no scores.</summary>
    /// <param name="reason">The error that the client gets.</param>
    /// <param name="inputs">The number of inputs.</param>
    internal void Rejected(ErrorCode reason, int inputs)
    {
        lock (gate)
            rejections[reason] = rejections.GetValueOrDefault(reason) + inputs;
    }

    /// <summary>The metrics of models.</summary>
    /// <param name="models">The counts of each model.</param>
    internal static IReadOnlyList<MetricFamily> Collect(IEnumerable<ModelMetrics> models)
    {
        var samples = models.Select(model => model.Collect()).ToList();
        MetricFamily Family(string name, string type, string help, Func<Values, IEnumerable<MetricSample>> choose) =>
            new(name, type, help, [.. samples.SelectMany(choose)]);
        return
        [
            Family(
                "modelservice_stage_duration_seconds",
                "histogram",
                "Time in one stage of a prediction: decode and queue of a request, inference of a batch.",
                values => values.Stages
            ),
            Family("modelservice_batch_size", "histogram", "Inputs computed together.", values => values.Batches),
            Family(
                "modelservice_predictions_active",
                "gauge",
                "Predictions under way, from decoding to scores.",
                values => values.Active
            ),
            Family("modelservice_queue_length", "gauge", "Inputs that wait for their model.", values => values.Waiting),
            Family("modelservice_inputs_total", "counter", "Inputs that got scores.", values => values.Scored),
            Family(
                "modelservice_rejections_total",
                "counter",
                "Inputs that got none, by reason.",
                values => values.Rejections
            ),
        ];
    }

    private Values Collect()
    {
        var label = ("model", model);
        IEnumerable<MetricSample> One(long? value) => value is { } count ? [new("", [label], count)] : [];
        lock (gate)
        {
            return new Values(
                [
                    .. decode.Samples(label, ("stage", "decode")),
                    .. queue.Samples(label, ("stage", "queue")),
                    .. inference.Samples(label, ("stage", "inference")),
                ],
                batches.Samples(label),
                One(active),
                One(waiting),
                One(scored),
                [
                    .. rejections.Select(pair => new MetricSample(
                        "",
                        [label, ("reason", WireNames.Get(pair.Key))],
                        pair.Value
                    )),
                ]
            );
        }
    }

    // The values of one moment, by metric.
    private sealed record Values(
        IEnumerable<MetricSample> Stages,
        IEnumerable<MetricSample> Batches,
        IEnumerable<MetricSample> Active,
        IEnumerable<MetricSample> Waiting,
        IEnumerable<MetricSample> Scored,
        IEnumerable<MetricSample> Rejections
    );

    private sealed class ActivePrediction : IDisposable
    {
        private readonly ModelMetrics metrics;

        public ActivePrediction(ModelMetrics metrics)
        {
            this.metrics = metrics;
            Add(1);
        }

        public void Dispose() => Add(-1);

        private void Add(int change)
        {
            lock (metrics.gate)
                metrics.active = (metrics.active ?? 0) + change;
        }
    }
}
