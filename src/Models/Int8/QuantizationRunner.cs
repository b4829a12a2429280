using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using ModelService.Models.Language;
using ModelService.Models.Runs;

namespace ModelService.Models.Int8;

/// <summary>Runs the quantizations that wait, one at a time.</summary>
/// <param name="runs">The quantizations.</param>
/// <param name="kind">What tells them from other runs.</param>
/// <param name="quantization">Calibrates, and adds the versions.</param>
/// <param name="clock">The time of starts and ends.</param>
/// <param name="logger">Logs ends.</param>
internal sealed class QuantizationRunner(
    IRunStore<QuantizationRun> runs,
    RunKind<QuantizationRun> kind,
    QuantizationService quantization,
    TimeProvider clock,
    ILogger<QuantizationRunner> logger
) : RunWorker<QuantizationRun>(runs, kind, clock, logger)
{
    private const string Setting = "ModelService:Training:MaxAttempts";

    private readonly int mostAttempts = kind.Limits.MaxAttempts;

    /// <inheritdoc/>
    protected override async Task RunAsync(RunEntry<QuantizationRun> entry, CancellationToken cancellationToken)
    {
        var run = Start(entry);
        if (run.IsOver)
            return;

        // It computes in the server's own process: it may be what ends the server each time.
        if (run.Resumed >= mostAttempts)
            throw new RunFailedException($"It was interrupted {run.Resumed} times ({Setting}).");
        await RetryAsync(entry, () => entry.PrepareAsync(cancellationToken), cancellationToken);
        ResolvedModel? quantized = null;
        await RetryAsync(
            entry,
            async () => quantized = await CalibrateAsync(entry, cancellationToken),
            cancellationToken
        );
        await RetryKeepAsync(entry, () => KeepAsync(entry, quantized!, cancellationToken), cancellationToken);
    }

    private async Task<ResolvedModel> CalibrateAsync(
        RunEntry<QuantizationRun> entry,
        CancellationToken cancellationToken
    )
    {
        var run = entry.Current;
        var from = ModelReference.Parse(run.From);
        var path = Path.Combine(entry.Path, QuantizationKind.Images);
        var budget = new QuantizationBudget(run.MaxProbabilityChange, run.MinAgreement);
        var quantized = await quantization.CalibrateAsync(
            from.Name,
            from.Version!.Value,
            QuantizationImages.Open(path, run.Images),
            budget,
            Tell,
            cancellationToken
        );
        return quantized.OrThrow();

        void Tell(string phase, int step, int steps)
        {
            entry.SetPhase(phase);
            entry.Events.Add(
                new JsonObject
                {
                    ["event"] = "step",
                    ["phase"] = phase,
                    ["step"] = step,
                    ["steps"] = steps,
                }
            );
        }
    }

    // Makes the version.
    private async Task KeepAsync(
        RunEntry<QuantizationRun> entry,
        ResolvedModel quantized,
        CancellationToken cancellationToken
    )
    {
        entry.SetPhase("version");
        var job = await entry.PrepareEndAsync(manifest => Describe(manifest.Version));
        var made = (await quantization.AddAsync(quantized, job, cancellationToken)).OrThrow();
        Succeed(entry, Describe(made.Version.Version));

        QuantizationRun Describe(int version) =>
            entry.Current.End(RunState.Succeeded, null, null, Clock.GetUtcNow()) with
            {
                Version = version,
            };
    }
}
