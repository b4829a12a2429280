using ModelService.Models.Errors;

namespace ModelService.Models.Registry;

/// <content>The failures of requests that it can't answer now.</content>
public sealed partial class ModelVersion
{
    /// <summary>The failure of a request that needs it while it is not in memory.</summary>
    internal Failure NotReady()
    {
        var snapshot = current;
        var reason = snapshot.State switch
        {
            VersionState.Loading => "is being loaded. Try again in a moment.",
            VersionState.Unloaded => $"is unloaded. POST /v1/models/{Name}/versions/{Version}/load loads it.",
            VersionState.Failed => $"can't be served: {snapshot.Reason}",
            _ => "is being unloaded. Try again in a moment.",
        };
        return new Failure(ErrorCode.ModelNotReady, $"Version {Version} of the model '{Name}' {reason}");
    }

    /// <summary>The failure of a request that needs it while its files can't be reached.</summary>
    /// <param name="reason">Why they can't.</param>
    /// <param name="retryAfter">The time after which another attempt may succeed.</param>
    internal Failure NotReachable(string reason, TimeSpan retryAfter) =>
        new(ErrorCode.ModelNotReady, $"Version {Version} of the model '{Name}' can't be loaded now: {reason}")
        {
            RetryAfter = retryAfter,
        };

    /// <summary>
    /// The failure of a request without a version number for a model whose versions are all quarantined.
    /// </summary>
    internal Failure Quarantined() =>
        new(
            ErrorCode.ModelNotReady,
            $"The model '{Name}' has no default version: version {Version} {WhyQuarantined}. "
                + $"GET /v1/models/{Name} shows more, "
                + $"POST /v1/models/{Name}/versions/{Version}/predict uses the version all the same, "
                + $"and PATCH /v1/models/{Name} with {{\"default_version\": {Version}}} makes it the default."
        );

    private string WhyQuarantined =>
        Lineage?.Training is { Promoted: false } training
            ? $"was trained, and not promoted: {training.Reason.TrimEnd('.')}"
            : "did not reproduce its golden samples";
}
