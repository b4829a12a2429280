using System.Diagnostics.Metrics;
using ModelService.Models.Errors;

namespace ModelService.Models.Execution;

/// <summary>
/// The metrics of predictions; <c>docs/metrics.md</c> lists them as they appear at <c>/metrics</c>. The values of
/// labels are bounded: a model's name is a label only after the registry has found the model, so clients can't invent
/// labels.
/// </summary>
public sealed class ServingMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "ModelService";

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries =
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
        ],
    };

    private static readonly InstrumentAdvice<int> Inputs = new()
    {
        HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    };

    private readonly Meter meter;
    private readonly Histogram<double> stages;
    private readonly Histogram<int> batches;
    private readonly UpDownCounter<int> active;
    private readonly UpDownCounter<int> waiting;
    private readonly Counter<long> scored;
    private readonly Counter<long> rejections;

    /// <summary>Creates the instruments.</summary>
    /// <param name="meters">Creates the meter, and disposes it with the server.</param>
    public ServingMetrics(IMeterFactory meters)
    {
        meter = meters.Create(MeterName);
        stages = meter.CreateHistogram(
            "modelservice.stage.duration",
            "s",
            "Time in one stage of a prediction: decode and queue of a request, inference of a batch.",
            tags: null,
            Seconds
        );
        batches = meter.CreateHistogram(
            "modelservice.batch.size",
            "{input}",
            "Inputs computed together.",
            tags: null,
            Inputs
        );
        active = meter.CreateUpDownCounter<int>(
            "modelservice.predictions.active",
            "{request}",
            "Predictions under way, from decoding to scores."
        );
        waiting = meter.CreateUpDownCounter<int>(
            "modelservice.queue.length",
            "{input}",
            "Inputs that wait for their model."
        );
        scored = meter.CreateCounter<long>("modelservice.inputs", "{input}", "Inputs that got scores.");
        rejections = meter.CreateCounter<long>(
            "modelservice.rejections",
            "{input}",
            "Inputs that got none, by reason."
        );
    }

    /// <summary>Counts a prediction as active until the result is disposed.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    internal IDisposable Predicting(string model) => new ActivePrediction(active, Model(model));

    /// <summary>Records that the queue of a model became longer or shorter.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="inputs">The change in inputs; negative when the queue became shorter.</param>
    internal void Queued(string model, int inputs) => waiting.Add(inputs, Model(model));

    /// <summary>Records that a request's photos were decoded and preprocessed.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="duration">The time from the start of the first to the end of the last.</param>
    internal void Decoded(string model, TimeSpan duration) =>
        stages.Record(duration.TotalSeconds, Model(model), new("stage", "decode"));

    /// <summary>Records that a request's inputs left the queue.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="duration">How long they waited.</param>
    internal void Waited(string model, TimeSpan duration) =>
        stages.Record(duration.TotalSeconds, Model(model), new("stage", "queue"));

    /// <summary>Records that a batch was computed.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="inputs">The number of inputs in the batch.</param>
    /// <param name="duration">How long the batch took.</param>
    internal void Computed(string model, int inputs, TimeSpan duration)
    {
        batches.Record(inputs, Model(model));
        stages.Record(duration.TotalSeconds, Model(model), new("stage", "inference"));
    }

    /// <summary>Records the outcomes of a request's inputs.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="outcomes">Scores or a failure for each input.</param>
    internal void Answered(string model, IReadOnlyList<Outcome<Scores>> outcomes)
    {
        scored.Add(outcomes.Count(outcome => outcome.Failure is null), Model(model));
        foreach (var failure in outcomes.Select(outcome => outcome.Failure).OfType<Failure>())
            Rejected(model, failure.Code, 1);
    }

    /// <summary>Records that inputs got no scores.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="reason">The error that the client gets.</param>
    /// <param name="inputs">The number of inputs.</param>
    internal void Rejected(string model, ErrorCode reason, int inputs) =>
        rejections.Add(inputs, Model(model), new("reason", WireNames.Get(reason)));

    private static KeyValuePair<string, object?> Model(string name) => new("model", name);

    private sealed class ActivePrediction : IDisposable
    {
        private readonly UpDownCounter<int> active;
        private readonly KeyValuePair<string, object?> model;

        public ActivePrediction(UpDownCounter<int> active, KeyValuePair<string, object?> model)
        {
            (this.active, this.model) = (active, model);
            active.Add(1, model);
        }

        public void Dispose() => active.Add(-1, model);
    }
}
