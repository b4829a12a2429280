using System.Diagnostics.Metrics;
using ModelService.Models.Errors;
using ModelService.Models.Prediction;
using ModelService.Models.Registry;

namespace ModelService.Models.Execution;

/// <summary>
/// What serving is measured by. <c>docs/metrics.md</c> says what comes of it at <c>/metrics</c>. Labels are bounded: a model is named only
/// once the registry has found it, so that no client can make up a label.
/// </summary>
public sealed class ServingMetrics
{
    /// <summary>Name of the meter.</summary>
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

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Makes the meter, and disposes it with the server.</param>
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

    /// <summary>Counts a prediction as under way until it is disposed.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    internal IDisposable Predicting(string model) => new Predicted(active, Model(model));

    /// <summary>The queue of a model became longer or shorter.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="inputs">By how many inputs; less than 0: shorter.</param>
    internal void Queued(string model, int inputs) => waiting.Add(inputs, Model(model));

    /// <summary>A request's photos were decoded and brought into the form of the model's input.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="duration">From the first to the last.</param>
    internal void Decoded(string model, TimeSpan duration) =>
        stages.Record(duration.TotalSeconds, Model(model), new("stage", "decode"));

    /// <summary>A request's inputs left the queue.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="duration">How long they waited.</param>
    internal void Waited(string model, TimeSpan duration) =>
        stages.Record(duration.TotalSeconds, Model(model), new("stage", "queue"));

    /// <summary>A batch was computed.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="inputs">How many inputs were in it.</param>
    /// <param name="duration">How long it took.</param>
    internal void Computed(string model, int inputs, TimeSpan duration)
    {
        batches.Record(inputs, Model(model));
        stages.Record(duration.TotalSeconds, Model(model), new("stage", "inference"));
    }

    /// <summary>A request's inputs are answered.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="predictions">What was made of each.</param>
    internal void Answered(string model, IReadOnlyList<Prediction.Prediction> predictions)
    {
        var refusals = predictions.OfType<Refusal>().ToList();
        scored.Add(predictions.Count - refusals.Count, Model(model));
        foreach (var refusal in refusals)
            Rejected(model, refusal.Code, 1);
    }

    /// <summary>Inputs got no scores.</summary>
    /// <param name="model">The model's name, from the registry.</param>
    /// <param name="reason">Why.</param>
    /// <param name="inputs">How many.</param>
    internal void Rejected(string model, ErrorCode reason, int inputs) =>
        rejections.Add(inputs, Model(model), new("reason", EnumNames.Of(reason)));

    /// <summary>Has the registry looked at whenever the metrics are read.</summary>
    /// <param name="registry">The models.</param>
    /// <param name="budget">What they may take.</param>
    internal void Watch(ModelRegistry registry, MemoryBudget budget)
    {
        meter.CreateObservableGauge(
            "modelservice.model.versions",
            () => CountVersions(registry),
            "{version}",
            "Versions of a model in a state."
        );
        meter.CreateObservableGauge(
            "modelservice.model.memory",
            () => CountBytes(registry),
            "By",
            "Bytes that a model takes on a device: its tensors, its plan, and room to compute a batch."
        );
        meter.CreateObservableGauge(
            "modelservice.memory.used",
            () => Devices(registry).Select(device => Of(device, budget.Used(device))),
            "By",
            "Bytes of the memory budget that are taken: tensors, and room to compute a batch."
        );
        meter.CreateObservableGauge(
            "modelservice.memory.limit",
            () =>
                Devices(registry)
                    .Where(device => budget.Limit(device) < long.MaxValue)
                    .Select(device => Of(device, budget.Limit(device))),
            "By",
            "Bytes of the memory budget; a device without a limit has none."
        );
    }

    private static IEnumerable<Measurement<int>> CountVersions(ModelRegistry registry) =>
        from entry in registry.List()
        from versions in entry.Versions.GroupBy(version => version.State)
        select new Measurement<int>(versions.Count(), Model(entry.Name), new("state", EnumNames.Of(versions.Key)));

    private static IEnumerable<Measurement<long>> CountBytes(ModelRegistry registry) =>
        from entry in registry.List()
        from versions in InMemory(entry).GroupBy(version => version.Execution!.Device)
        select new Measurement<long>(
            versions.Sum(version => version.MemoryBytes),
            Model(entry.Name),
            new("device", versions.Key)
        );

    private static IEnumerable<string> Devices(ModelRegistry registry) =>
        registry.List().SelectMany(InMemory).Select(version => version.Execution!.Device).Append("cpu").Distinct();

    private static IEnumerable<ModelVersion> InMemory(ModelEntry entry) =>
        entry.Versions.Where(version => version.State is VersionState.Ready or VersionState.Draining);

    private static Measurement<long> Of(string device, long bytes) =>
        new(bytes, new KeyValuePair<string, object?>("device", device));

    private static KeyValuePair<string, object?> Model(string name) => new("model", name);

    private sealed class Predicted : IDisposable
    {
        private readonly UpDownCounter<int> active;
        private readonly KeyValuePair<string, object?> model;

        public Predicted(UpDownCounter<int> active, KeyValuePair<string, object?> model)
        {
            (this.active, this.model) = (active, model);
            active.Add(1, model);
        }

        public void Dispose() => active.Add(-1, model);
    }
}
