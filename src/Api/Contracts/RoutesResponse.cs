using ModelService.Models.Registry;
using ModelService.Models.Storage;

namespace ModelService.Api.Contracts;

/// <summary>How the requests without a version number are divided among versions, and what came of it.</summary>
/// <param name="Stable">
/// The version that the others are compared with, and that answers when they can't. It is pinned as the default.
/// </param>
/// <param name="Since">When the routes were set.</param>
/// <param name="Stop">The conditions at which they stop.</param>
/// <param name="Stopped">Why they have stopped; absent while they hold.</param>
/// <param name="Versions">The versions with a share, ordered by number.</param>
public sealed record CanaryResponse(
    int Stable,
    DateTimeOffset Since,
    StopConditions Stop,
    RouteStopResponse? Stopped,
    IReadOnlyList<RoutedVersionResponse> Versions
)
{
    internal static CanaryResponse? Create(RoutesReport? report) =>
        report is null
            ? null
            : new CanaryResponse(
                report.Routes.Stable,
                report.Routes.Since,
                report.Routes.Stop,
                RouteStopResponse.Create(report.Stopped),
                [.. report.Versions.Select(RoutedVersionResponse.Create)]
            );
}

/// <summary>Why routes have stopped: since then, the stable version answers all requests.</summary>
/// <param name="At">When they stopped.</param>
/// <param name="Reason">The reason as a sentence.</param>
/// <param name="Version">The version that broke the condition.</param>
/// <param name="Condition">The condition.</param>
/// <param name="Limit">The condition's limit.</param>
/// <param name="Measured">
/// What was measured of the version: for <c>max_error_rate</c> the share of failed requests, for
/// <c>max_latency_ratio</c> the 95th percentile of the latency in milliseconds, for <c>max_drift</c> the distance of
/// its best classes from the stable version's.
/// </param>
/// <param name="OfStable">The same of the stable version; absent with <c>max_drift</c>.</param>
/// <param name="Requests">The requests that the version had got.</param>
/// <param name="StableRequests">The requests that the stable version had got.</param>
public sealed record RouteStopResponse(
    DateTimeOffset At,
    string Reason,
    int Version,
    StopCondition Condition,
    double Limit,
    double Measured,
    double? OfStable,
    long Requests,
    long StableRequests
)
{
    internal static RouteStopResponse? Create(RouteStop? stop) =>
        stop is null
            ? null
            : new RouteStopResponse(
                stop.At,
                stop.Reason,
                stop.Version,
                stop.Condition,
                stop.Limit,
                stop.Measured,
                stop.OfStable,
                stop.Requests,
                stop.StableRequests
            );
}

/// <summary>A version with a share of the requests.</summary>
/// <param name="Version">The version's number.</param>
/// <param name="Percent">The percentage of the requests that it was given.</param>
/// <param name="PercentNow">
/// The percentage that it answers now: the stable version also answers for versions that can't, and after a stop for
/// all.
/// </param>
/// <param name="Reason">The reason why the stable version answers in its place; absent when it does not.</param>
/// <param name="Requests">
/// The requests that it got since the routes were set, or since this server started; requests for its number are not
/// counted.
/// </param>
/// <param name="Errors">Those of them that it failed. Photos that can't be read are not errors of a version.</param>
/// <param name="P95Ms">
/// The time within which it answered 95 % of them, in milliseconds, to 9 %; absent without an answer.
/// </param>
/// <param name="Drift">
/// How far its best classes are from the stable version's: 0, as far as two halves of the same answers would be, to 1.
/// Absent for the stable version, and without answers.
/// </param>
public sealed record RoutedVersionResponse(
    int Version,
    int Percent,
    int PercentNow,
    string? Reason,
    long Requests,
    long Errors,
    double? P95Ms,
    double? Drift
)
{
    internal static RoutedVersionResponse Create(RoutedVersion version) =>
        new(
            version.Version,
            version.Share,
            version.Answers,
            version.Reason,
            version.Figures.Requests,
            version.Figures.Errors,
            version.Figures.P95 is { } p95 ? Math.Round(p95, 2) : null,
            version.Figures.Drift is { } drift ? Math.Round(drift, 3) : null
        );
}
