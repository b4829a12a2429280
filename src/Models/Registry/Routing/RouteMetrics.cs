using System.Globalization;
using ModelService.Models.Execution;

namespace ModelService.Models.Registry.Routing;

/// <summary>The metrics of routes.</summary>
internal static class RouteMetrics
{
    /// <summary>The metrics with their values now; models without routes have none.</summary>
    /// <param name="models">The models.</param>
    public static IReadOnlyList<MetricFamily> Collect(IReadOnlyList<ModelEntry> models)
    {
        List<(string Model, RoutesReport Routes)> routed =
        [
            .. from entry in models let report = entry.Routes where report is not null select (entry.Name, report),
        ];
        return
        [
            new MetricFamily(
                "modelservice_route_percent",
                "gauge",
                "Percents of the requests without a version number that a version answers now.",
                [
                    .. from item in routed
                    from version in item.Routes.Versions
                    let number = version.Version.ToString(CultureInfo.InvariantCulture)
                    select new MetricSample("", [("model", item.Model), ("version", number)], version.Answers),
                ]
            ),
            new MetricFamily(
                "modelservice_routes_stopped",
                "gauge",
                "1 when the routes of a model have stopped by themselves, 0 while they hold.",
                [
                    .. from item in routed
                    select new MetricSample("", [("model", item.Model)], item.Routes.Stopped is null ? 0 : 1),
                ]
            ),
        ];
    }
}
