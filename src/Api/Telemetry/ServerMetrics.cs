using Microsoft.Extensions.Diagnostics.HealthChecks;
using ModelService.Api.Cluster;
using ModelService.Api.Health;
using ModelService.Models.Access;
using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Evaluation.Runs;
using ModelService.Models.Execution;
using ModelService.Models.Explanation;
using ModelService.Models.Registry.Placement;
using ModelService.Models.Storage;

namespace ModelService.Api.Telemetry;

/// <summary>
/// Metrics of the server as a whole: whether it is ready, its data sets, evaluations and explanations, and the room on
/// its disk.
/// </summary>
/// <param name="health">Checks whether the server is ready.</param>
/// <param name="store">The store of the models.</param>
/// <param name="datasets">The data sets.</param>
/// <param name="evaluations">The evaluations.</param>
/// <param name="explanations">Computes explanations.</param>
/// <param name="audit">Keeps who changed what.</param>
/// <param name="placement">Knows the servers that forward requests to each other.</param>
/// <param name="forwarding">Counts the requests that are forwarded.</param>
internal sealed class ServerMetrics(
    HealthCheckService health,
    IModelStore store,
    DatasetCatalog datasets,
    EvaluationCatalog evaluations,
    ExplanationService explanations,
    AuditTrail audit,
    ModelPlacement placement,
    ForwardingMetrics forwarding
)
{
    /// <summary>The metrics with their values now; one without a value has no samples.</summary>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    public async Task<IReadOnlyList<MetricFamily>> CollectAsync(CancellationToken cancellationToken)
    {
        // The check of the storage writes to the disk, and never makes a server unready.
        var report = await health.CheckHealthAsync(
            static check => check.Name != HealthEndpoints.Storage,
            cancellationToken
        );
        var space = store.MeasureSpace();
        var states = evaluations.CountByState();
        return
        [
            Gauge(
                "modelservice_ready",
                "1 when the server can take predictions, as /health/ready says; otherwise 0.",
                report.Status == HealthStatus.Unhealthy ? 0 : 1
            ),
            Gauge("modelservice_datasets", "Data sets.", datasets.List().Count),
            Gauge(
                "modelservice_dataset_images",
                "Images of all data sets, with those that were removed.",
                datasets.Images
            ),
            Gauge("modelservice_dataset_bytes", "Bytes of these images.", datasets.Bytes),
            new MetricFamily(
                "modelservice_evaluations",
                "gauge",
                "Evaluations in a state.",
                [
                    .. Enum.GetValues<EvaluationState>()
                        .Select(state => new MetricSample(
                            "",
                            [("state", WireNames.Get(state))],
                            states.GetValueOrDefault(state)
                        )),
                ]
            ),
            Gauge(
                "modelservice_explanations_active",
                "Explanations and feature maps that wait or are being computed.",
                explanations.Active
            ),
            Gauge(
                "modelservice_audit_waiting",
                "Entries of the audit that are still to be written to the database that servers share.",
                audit.Waiting
            ),
            Gauge(
                "modelservice_storage_free_bytes",
                "Bytes that the server can still write on the disk of its data folder.",
                space?.FreeBytes
            ),
            Gauge(
                "modelservice_storage_size_bytes",
                "Bytes of the disk of the data folder, free and taken.",
                space?.TotalBytes
            ),
            .. forwarding.Collect(placement.Servers.Count),
        ];
    }

    private static MetricFamily Gauge(string name, string help, double? value) =>
        new(name, "gauge", help, value is { } known ? [new MetricSample("", [], known)] : []);
}
