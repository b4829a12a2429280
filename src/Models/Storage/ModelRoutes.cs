using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using static System.FormattableString;

namespace ModelService.Models.Storage;

/// <summary>How the requests without a version number are divided among versions of a model: a canary.</summary>
public sealed record ModelRoutes
{
    /// <summary>The percentage of each version; they add up to 100.</summary>
    public required IReadOnlyDictionary<int, int> Shares { get; init; }

    /// <summary>
    /// The version that the others are compared with, and that answers when they can't. It is pinned as the default.
    /// </summary>
    public required int Stable { get; init; }

    /// <summary>When they stop.</summary>
    public required StopConditions Stop { get; init; }

    /// <summary>When they were set. Routes that are set again begin anew.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Why they have stopped; null while they hold. All requests then go to the stable version.</summary>
    public RouteStop? Stopped { get; init; }

    /// <summary>Whether they can be followed: a file may have been edited by hand.</summary>
    [JsonIgnore]
    public bool AreSound =>
        Shares.ContainsKey(Stable)
        && Shares.Values.All(share => share is >= 0 and <= 100)
        && Shares.Values.Sum() == 100;
}

/// <summary>
/// The conditions at which routes stop. Each compares a version with the stable one since the routes were set.
/// </summary>
public sealed record StopConditions
{
    /// <summary>
    /// How much larger the share of failed requests may be than the stable version's; 0.05 by default.
    /// </summary>
    [Description("How much larger the share of failed requests may be than the stable version's; 0.05 by default.")]
    [Range(0.0, 1.0)]
    public double MaxErrorRate { get; init; } = 0.05;

    /// <summary>How many times the stable version's the 95th percentile of the latency may be; 2 by default.</summary>
    [Description("How many times the stable version's the 95th percentile of the latency may be; 2 by default.")]
    [Range(1.0, 1000.0)]
    public double MaxLatencyRatio { get; init; } = 2;

    /// <summary>How far the best classes may be from the stable version's, 0 to 1; 0.25 by default.</summary>
    [Description("How far the best classes may be from the stable version's, 0 to 1; 0.25 by default.")]
    [Range(0.0, 1.0)]
    public double MaxDrift { get; init; } = 0.25;

    /// <summary>The requests of a version from which it is judged; 100 by default.</summary>
    [Description("The requests of a version from which it is judged; 100 by default.")]
    [Range(1, 1_000_000)]
    public int MinRequests { get; init; } = 100;
}

/// <summary>A condition at which routes stop, by the name of its limit.</summary>
public enum StopCondition
{
    /// <summary>More requests failed than of the stable version.</summary>
    MaxErrorRate,

    /// <summary>The 95th percentile of the latency is higher than the stable version's.</summary>
    MaxLatencyRatio,

    /// <summary>The best classes are others than the stable version's.</summary>
    MaxDrift,
}

/// <summary>Why routes stopped.</summary>
/// <param name="At">When they stopped.</param>
/// <param name="Version">The version that broke the condition.</param>
/// <param name="Condition">The condition.</param>
/// <param name="Limit">The limit that was set.</param>
/// <param name="Measured">
/// What was measured of the version: the share of failed requests, the 95th percentile of the latency in milliseconds,
/// or the distance of its best classes from the stable version's.
/// </param>
/// <param name="OfStable">The same of the stable version; null of a distance.</param>
/// <param name="Requests">The requests of the version.</param>
/// <param name="StableRequests">The requests of the stable version.</param>
public sealed record RouteStop(
    DateTimeOffset At,
    int Version,
    StopCondition Condition,
    double Limit,
    double Measured,
    double? OfStable,
    long Requests,
    long StableRequests
)
{
    /// <summary>The reason as a sentence.</summary>
    [JsonIgnore]
    public string Reason
    {
        get
        {
            var (measured, stable) = Condition switch
            {
                StopCondition.MaxErrorRate => (
                    Invariant($"{Measured * 100:0.#} %"),
                    Invariant($"{OfStable * 100:0.#} %")
                ),
                StopCondition.MaxLatencyRatio => (Invariant($"{Measured:0.#} ms"), Invariant($"{OfStable:0.#} ms")),
                _ => (Invariant($"{Measured:0.00}"), ""),
            };
            return Condition switch
            {
                StopCondition.MaxErrorRate =>
                    $"{measured} of the requests of version {Version} failed, and {stable} of "
                        + Invariant($"the stable version's; the limit is {Limit * 100:0.#} % more."),
                StopCondition.MaxLatencyRatio =>
                    $"95 % of the requests of version {Version} took up to {measured}, and "
                        + Invariant($"the stable version's up to {stable}; the limit is {Limit:0.##} times as long."),
                _ => $"The best classes of version {Version} differ by {measured} from the stable version's; "
                    + Invariant($"the limit is {Limit:0.##}."),
            };
        }
    }
}
