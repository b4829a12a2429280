using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>The conditions at which routes stop. Each compares a version with the stable one.</summary>
public sealed record StopConditions
{
    /// <summary>How much larger the share of failed requests may be than the stable version's; null: 0.05.</summary>
    public double? MaxErrorRate { get; init; }

    /// <summary>
    /// How many times the stable version's the 95th percentile of the latency may be; null: twice.
    /// </summary>
    public double? MaxLatencyRatio { get; init; }

    /// <summary>
    /// How far the best classes may be from the stable version's, as total variation: 0 to 1 (any); null: 0.25.
    /// </summary>
    public double? MaxDrift { get; init; }

    /// <summary>The requests of a version from which it is judged; null: 100.</summary>
    public int? MinRequests { get; init; }
}

/// <summary>A condition at which routes stop, by the name of its limit.</summary>
[JsonConverter(typeof(WireEnumConverter<StopCondition>))]
public enum StopCondition
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>max_error_rate</c>.</summary>
    MaxErrorRate,

    /// <summary>The value <c>max_latency_ratio</c>.</summary>
    MaxLatencyRatio,

    /// <summary>The value <c>max_drift</c>.</summary>
    MaxDrift,
}

/// <summary>How the requests without a version number are divided among versions, and what came of it.</summary>
public sealed record CanaryResponse
{
    /// <summary>
    /// The version that the others are compared with, and that answers when they can't. It is pinned as the default.
    /// </summary>
    public required int Stable { get; init; }

    /// <summary>When the routes were set.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The conditions at which they stop.</summary>
    public required StopConditions Stop { get; init; }

    /// <summary>Why they have stopped; absent while they hold.</summary>
    public RouteStopResponse? Stopped { get; init; }

    /// <summary>The versions with a share, ordered by number.</summary>
    public required IReadOnlyList<RoutedVersionResponse> Versions { get; init; }
}

/// <summary>Why routes have stopped: since then, the stable version answers all requests.</summary>
public sealed record RouteStopResponse
{
    /// <summary>When they stopped.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The reason as a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>The version that broke the condition.</summary>
    public required int Version { get; init; }

    /// <summary>The condition.</summary>
    public required StopCondition Condition { get; init; }

    /// <summary>The condition's limit.</summary>
    public required double Limit { get; init; }

    /// <summary>
    /// What was measured of the version: the share of failed requests, the 95th percentile of the latency in
    /// milliseconds, or the distance of its best classes from the stable version's.
    /// </summary>
    public required double Measured { get; init; }

    /// <summary>The same of the stable version; absent with <see cref="StopCondition.MaxDrift"/>.</summary>
    public double? OfStable { get; init; }

    /// <summary>The requests that the version had got.</summary>
    public required long Requests { get; init; }

    /// <summary>The requests that the stable version had got.</summary>
    public required long StableRequests { get; init; }
}

/// <summary>A version with a share of the requests.</summary>
public sealed record RoutedVersionResponse
{
    /// <summary>The version's number.</summary>
    public required int Version { get; init; }

    /// <summary>The percentage of the requests that it was given.</summary>
    public required int Percent { get; init; }

    /// <summary>
    /// The percentage that it answers now: the stable version also answers for versions that can't, and after a stop
    /// for all.
    /// </summary>
    public required int PercentNow { get; init; }

    /// <summary>The reason why the stable version answers in its place; absent when it does not.</summary>
    public string? Reason { get; init; }

    /// <summary>The requests that it got since the routes were set, or since the server started.</summary>
    public required long Requests { get; init; }

    /// <summary>Those of them that it failed. Photos that can't be read are not errors of a version.</summary>
    public required long Errors { get; init; }

    /// <summary>
    /// The time within which it answered 95 % of them, in milliseconds, to 9 %; absent without an answer.
    /// </summary>
    public double? P95Ms { get; init; }

    /// <summary>
    /// How far its best classes are from the stable version's, 0 to 1; absent for the stable version, and without
    /// answers.
    /// </summary>
    public double? Drift { get; init; }
}
