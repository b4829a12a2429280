using ModelService.Models.Errors;
using ModelService.Models.Registry.Routing;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <content>The versions that requests without a version number are routed to.</content>
public sealed partial class ModelEntry
{
    private volatile Canary? canary;

    /// <summary>Its routes, and what they came to; null when the default version answers alone.</summary>
    public RoutesReport? Routes
    {
        get
        {
            if (canary is not { } current)
                return null;
            var stopped = current.Stopped;
            var versions = current
                .Routes.Shares.OrderBy(pair => pair.Key)
                .Select(pair =>
                {
                    var reason = stopped is null ? WhyNotRouted(pair.Key, current.Routes.Stable) : null;
                    var answers = stopped is null && reason is null ? pair.Value : 0;
                    return new RoutedVersion(pair.Key, pair.Value, answers, reason, current.Figures(pair.Key)!);
                })
                .ToList();
            var rest = 100 - versions.Sum(version => version.Answers);
            return new RoutesReport(
                current.Routes,
                stopped,
                [
                    .. versions.Select(version =>
                        version.Version == current.Routes.Stable
                            ? version with
                            {
                                Answers = version.Answers + rest,
                            }
                            : version
                    ),
                ]
            );
        }
    }

    /// <summary>Its routes while they are set; null when the default version answers alone.</summary>
    internal Canary? Canary => canary;

    /// <summary>
    /// Whether somebody chose a version for requests without a version number: it is pinned, or has a share of routes.
    /// </summary>
    internal bool IsChosen(ModelVersion version) =>
        version.Version == Pinned
        || canary is { Stopped: null, Routes.Shares: var shares } && shares.ContainsKey(version.Version);

    /// <summary>The version of a number, when it is there and answers requests.</summary>
    internal ModelVersion? FindServable(int version)
    {
        lock (gate)
            return versions.TryGetValue(version, out var found) && found.Current.IsServable ? found : null;
    }

    // Why the share of a version goes to the stable one; null when it does not.
    private string? WhyNotRouted(int number, int stable)
    {
        if (number == stable || FindServable(number) is not null)
            return null;
        var state = Find(number).TryGet(out var version, out _) ? WireNames.Get(version.Current.State) : "deleted";
        return $"Version {number} is {state}: version {stable} answers in its place.";
    }
}

/// <summary>The routes of a model, and what they came to.</summary>
/// <param name="Routes">The routes as they were set.</param>
/// <param name="Stopped">Why they have stopped; null while they hold.</param>
/// <param name="Versions">The versions, ordered by number.</param>
public sealed record RoutesReport(ModelRoutes Routes, RouteStop? Stopped, IReadOnlyList<RoutedVersion> Versions);

/// <summary>A version with a share of the requests.</summary>
/// <param name="Version">The version's number.</param>
/// <param name="Share">The percentage that it was given.</param>
/// <param name="Answers">The percentage that it answers now.</param>
/// <param name="Reason">Why its share goes to the stable version; null when it does not.</param>
/// <param name="Figures">What was counted since the routes were set, or since the server started.</param>
public sealed record RoutedVersion(int Version, int Share, int Answers, string? Reason, RouteFigures Figures);
