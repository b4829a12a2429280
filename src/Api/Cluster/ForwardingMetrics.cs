using ModelService.Models.Execution;

namespace ModelService.Api.Cluster;

/// <summary>Counts the requests that are forwarded to other servers. Thread-safe.</summary>
internal sealed class ForwardingMetrics
{
    private long forwarded;
    private long failed;

    /// <summary>Another server answered a request.</summary>
    public void Forwarded() => Interlocked.Increment(ref forwarded);

    /// <summary>Another server did not take a request, or did not answer it.</summary>
    public void Failed() => Interlocked.Increment(ref failed);

    /// <summary>The metrics with their values now.</summary>
    /// <param name="servers">The servers that forward to each other.</param>
    public IReadOnlyList<MetricFamily> Collect(int servers) =>
        servers == 0
            ? []
            :
            [
                new MetricFamily(
                    "modelservice_cluster_servers",
                    "gauge",
                    "Living servers that forward requests to each other, with this one.",
                    [new MetricSample("", [], servers)]
                ),
                new MetricFamily(
                    "modelservice_forwarded_requests_total",
                    "counter",
                    "Requests that this server sent to one on which the model belongs, by whether that one answered.",
                    [
                        new MetricSample("", [("result", "answered")], Interlocked.Read(ref forwarded)),
                        new MetricSample("", [("result", "declined")], Interlocked.Read(ref failed)),
                    ]
                ),
            ];
}
