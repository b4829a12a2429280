using System.Diagnostics;

namespace ModelService.Models.Execution;

/// <summary>
/// The spans of a prediction. Within its request: <c>decode</c>, <c>queue</c> and <c>inference</c>. A <c>batch</c> serves several requests, so it
/// is a trace of its own, linked to each of them, and their <c>inference</c> is linked to it.
/// </summary>
public static class ServingTraces
{
    /// <summary>Name of the activity source.</summary>
    public const string SourceName = "ModelService";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The span of a request's decoding, from now until it is disposed; null when no one traces.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="inputs">How many inputs the request has.</param>
    internal static Activity? Decoding(string model, int inputs) =>
        Source.StartActivity("decode")?.SetTag("model", model).SetTag("inputs", inputs);

    /// <summary>Tells of a batch that has just been computed.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="inputs">How many inputs were in it.</param>
    /// <param name="started">When it began, on the stopwatch's clock.</param>
    /// <param name="requests">Whose inputs they were, and when each began to wait.</param>
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

        // The thread may have the activity of whoever started it.
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
