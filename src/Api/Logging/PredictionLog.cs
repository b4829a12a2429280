using ModelService.Api.Contracts;
using ModelService.Models.Errors;
using ModelService.Models.Prediction;
using Serilog;

namespace ModelService.Api.Logging;

/// <summary>What the line of a request tells of a prediction.</summary>
internal static class PredictionLog
{
    /// <summary>Adds the version, the number of inputs and the timing, as far as there are any.</summary>
    /// <param name="log">The request's line.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="count">The number of inputs.</param>
    /// <param name="predicted">The outcome.</param>
    public static void Set(this IDiagnosticContext log, string name, int count, Outcome<PredictionResult> predicted)
    {
        if ((predicted.Value?.Source.Version ?? (predicted.Failure as PredictionFailure)?.Version) is { } found)
        {
            log.Set("Model", name);
            log.Set("Version", found);
            log.Set("Count", count);
        }

        if (predicted.Value is { } result)
            log.Set("Timing", TimingResponse.Create(result.Timing), destructureObjects: true);
    }
}
