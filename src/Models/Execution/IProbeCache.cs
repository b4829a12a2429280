namespace ModelService.Models.Execution;

/// <summary>Remembers the results of plan probes, also beyond a restart.</summary>
public interface IProbeCache
{
    /// <summary>The result of a probe; null when it is not known.</summary>
    /// <param name="key">The probe's key: a hash of all that its result depends on.</param>
    ProbeResult? Find(string key);

    /// <summary>Remembers a result, if that is possible; otherwise the next start probes again.</summary>
    /// <param name="key">The probe's key.</param>
    /// <param name="result">Its result.</param>
    void Keep(string key, ProbeResult result);
}

/// <summary>The result of a probe.</summary>
/// <param name="Failure">What happened to the process, as the end of a sentence; null when it came to its end.</param>
public sealed record ProbeResult(string? Failure)
{
    /// <summary>The network was built and computed.</summary>
    public static ProbeResult Passed { get; } = new((string?)null);
}
