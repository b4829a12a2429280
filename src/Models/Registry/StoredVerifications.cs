using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>
/// Stores the results of comparing plans with the eager executor, beside the results of probes. So a version is
/// compared when it is created, and not again by each load on the same kind of machine.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="batching">The largest batch, which a plan is compared up to.</param>
/// <param name="logger">Logs results that can't be stored.</param>
internal sealed partial class StoredVerifications(
    IModelStore store,
    IOptions<BatchingOptions> batching,
    ILogger<StoredVerifications> logger
)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Strict)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a broken network has NaN as scores
    };

    /// <summary>The stored result for a version; null when there is none.</summary>
    /// <param name="version">The version.</param>
    /// <param name="weights">Its weights file.</param>
    public async Task<VerifiedPlan?> FindAsync(ModelVersion version, StoredFile weights)
    {
        try
        {
            return await store.ReadProbeAsync(Key(version, weights)) is { } text
                ? JsonSerializer.Deserialize<VerifiedPlan>(text, Json)
                : null;
        }
        catch (JsonException)
        {
            return null; // damaged: the plan is compared again
        }
    }

    /// <summary>Stores a result. If it can't be stored, nothing is thrown and the next load compares again.</summary>
    /// <param name="version">The version.</param>
    /// <param name="weights">Its weights file.</param>
    /// <param name="verified">The result.</param>
    public async Task KeepAsync(ModelVersion version, StoredFile weights, VerifiedPlan verified)
    {
        try
        {
            await store.PutProbeAsync(Key(version, weights), JsonSerializer.Serialize(verified, Json));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ServingException)
        {
            LogNotStored(exception);
        }
    }

    private string Key(ModelVersion version, StoredFile weights)
    {
        var device = ComputeDevice.Find(version.Resolved.Definition.Device).ToString();
        return PlanKey.Compute(
            version.Resolved,
            device,
            batching.Value.MaxBatchSizeOn(device),
            $"comparison with weights {weights.Sha256}"
        );
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The result of comparing a plan can't be stored; the next load compares the plan again"
    )]
    private partial void LogNotStored(Exception exception);
}
