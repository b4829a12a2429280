using System.Globalization;
using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry.Routing;

/// <summary>Counts what versions do with predictions, and stores it when that stops the routes of a model.</summary>
/// <param name="catalog">Stores the stop.</param>
/// <param name="clock">Says when it was.</param>
/// <param name="logger">Logs it.</param>
internal sealed partial class CanaryGuard(ModelCatalog catalog, TimeProvider clock, ILogger<CanaryGuard> logger)
{
    /// <summary>Counts a prediction.</summary>
    /// <param name="lease">The lease of the version.</param>
    /// <param name="latency">The time from the lease to the answer.</param>
    /// <param name="outcomes">The scores or the failure of each input.</param>
    public void Record(ModelLease lease, TimeSpan latency, IReadOnlyList<Outcome<Scores>> outcomes)
    {
        var isError = outcomes.Any(outcome => outcome.Failure is { } failure && IsOfVersion(failure.Code));
        IReadOnlyList<string> classes = lease.Canary is null ? [] : [.. BestClasses(lease, outcomes)];
        Record(lease, new ServedRequest(latency, isError, classes));
    }

    /// <summary>Counts a prediction that failed as a whole.</summary>
    /// <param name="lease">The lease of the version.</param>
    /// <param name="latency">The time from the lease to the failure.</param>
    /// <param name="code">Why it failed; null: by an exception that nobody expected.</param>
    public void RecordFailure(ModelLease lease, TimeSpan latency, ErrorCode? code) =>
        Record(lease, new ServedRequest(latency, code is not { } known || IsOfVersion(known), []));

    private void Record(ModelLease lease, ServedRequest request)
    {
        lease.Model.Served.Record(request.Latency, request.IsError);
        if (lease.Canary is { } canary && canary.Record(lease.Model.Version, request, clock.GetUtcNow()) is { } stop)
            _ = StopAsync(lease.Model.Name, canary.Routes, stop);
    }

    // No version is to blame for a photo that can't be read, or for the end of the server.
    private static bool IsOfVersion(ErrorCode code) =>
        code
            is not (
                ErrorCode.ImageUndecodable
                or ErrorCode.ImageTooLarge
                or ErrorCode.BodyTooLarge
                or ErrorCode.MalformedRequest
                or ErrorCode.ShuttingDown
            );

    private static IEnumerable<string> BestClasses(ModelLease lease, IReadOnlyList<Outcome<Scores>> outcomes)
    {
        var labels = lease.Snapshot.Resolved?.Definition.Labels;
        return from outcome in outcomes
            where outcome.Failure is null
            let best = outcome.Value!.FindBest(1)[0]
            select labels?[best] ?? best.ToString(CultureInfo.InvariantCulture);
    }

    // The routes have stopped already, in memory; no request waits for the store.
    private async Task StopAsync(string model, ModelRoutes routes, RouteStop stop)
    {
        LogStopped(model, routes.Stable, stop.Reason);
        var stored = await catalog.StopRoutesAsync(model, routes, stop);
        if (stored.Failure is { Code: not ErrorCode.ModelNotFound } failure)
            LogNotStored(model, failure.Detail);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The routes of model {Model} stopped, and version {Stable} answers all requests: {Reason}"
    )]
    private partial void LogStopped(string model, int stable, string reason);

    [LoggerMessage(
        LogLevel.Error,
        "It could not be stored that the routes of model {Model} stopped; a restart begins them anew: {Reason}"
    )]
    private partial void LogNotStored(string model, string reason);
}
