using System.Diagnostics;

namespace ModelService.Models.Execution;

/// <summary>
/// The spans of a prediction. The span of an HTTP request has the children <c>decode</c>, <c>queue</c> and
/// <c>inference</c>. A <c>batch</c> serves several requests, so it is a trace of its own: it links to each request, and
/// the <c>inference</c> of each request links to it.
/// </summary>
public static class ServingTraces
{
    /// <summary>The name of the activity source.</summary>
    public const string SourceName = "ModelService";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>
    /// Starts the span of a request's decoding, which ends when it is disposed; null when nothing collects traces.
    /// </summary>
    /// <param name="model">The model's name.</param>
    /// <param name="inputs">The number of inputs in the request.</param>
    internal static Activity? Decoding(string model, int inputs) =>
        Source.StartActivity("decode")?.SetTag("model", model).SetTag("inputs", inputs);

    /// <summary>Creates the spans of a batch that has just been computed.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="inputs">The number of inputs in the batch.</param>
    /// <param name="started">When the batch began, as a timestamp of <see cref="Stopwatch"/>.</param>
    /// <param name="requests">
    /// The requests with inputs in the batch, and when each entered the queue, as a timestamp of
    /// <see cref="Stopwatch"/>.
    /// </param>
    internal static void Computed(
        string model,
        int inputs,
        long started,
        IReadOnlyList<(ActivityContext Request, long Queued)> requests
    )
    {
        if (!Source.HasListeners())
            return;
        var traced = requests.Where(item => item.Request != default).ToList();
        if (traced.Count == 0)
            return;

        // The thread may have inherited the activity of the request that started it; a batch's trace has no parent.
        Activity.Current = null;
        var (began, ended) = (TimeOf(started), TimeOf(Stopwatch.GetTimestamp()));
        var batch = Span(
            "batch",
            default,
            traced.Select(item => new ActivityLink(item.Request)),
            began,
            ended,
            model,
            inputs
        );
        ActivityLink[] links = batch is { } context ? [new ActivityLink(context)] : [];
        foreach (var (request, queued) in traced)
        {
            Span("queue", request, [], TimeOf(queued), began, model);
            Span("inference", request, links, began, ended, model, inputs);
        }
    }

    private static ActivityContext? Span(
        string name,
        ActivityContext parent,
        IEnumerable<ActivityLink> links,
        DateTimeOffset started,
        DateTimeOffset ended,
        string model,
        int? inputs = null
    )
    {
        using var span = Source.StartActivity(
            name,
            ActivityKind.Internal,
            parent,
            [new("model", model)],
            links,
            started
        );
        if (inputs is not null)
            span?.SetTag("batch_size", inputs);
        return span?.SetEndTime(ended.UtcDateTime).Context;
    }

    private static DateTimeOffset TimeOf(long timestamp) =>
        TimeProvider.System.GetUtcNow() - Stopwatch.GetElapsedTime(timestamp);
}
