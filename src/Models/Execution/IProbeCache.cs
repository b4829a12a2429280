using System.Text.Json.Serialization;
using ModelService.Models.Backends;

namespace ModelService.Models.Execution;

/// <summary>Stores the results of plan probes, so that they outlast a restart.</summary>
public interface IProbeCache
{
    /// <summary>The stored result of a probe; null when there is none.</summary>
    /// <param name="key">The probe's key: a hash of everything that its result depends on.</param>
    Task<ProbeResult?> FindAsync(string key);

    /// <summary>Stores a result. If it can't be stored, nothing is thrown and the next start probes again.</summary>
    /// <param name="key">The probe's key.</param>
    /// <param name="result">The probe's result.</param>
    Task KeepAsync(string key, ProbeResult result);
}

/// <summary>The result of a probe.</summary>
/// <param name="Failure">
/// How the probe process failed, as the end of a sentence that has the process as its subject; null when it succeeded.
/// </param>
public sealed record ProbeResult(string? Failure)
{
    /// <summary>
    /// The time until the network is probed again, when the failure may have been due to the moment. Null: the same
    /// probe would have the same result.
    /// </summary>
    [JsonIgnore]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The precision that was chosen by time; null where the definition names it.</summary>
    public PrecisionChoice? Choice { get; init; }

    /// <summary>The network was built, and computed a batch of each size.</summary>
    public static ProbeResult Passed { get; } = new((string?)null);
}
