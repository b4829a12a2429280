using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Training.Process;
using ModelService.Models.Weights;

namespace ModelService.Models.Training.Runs;

/// <summary>Runs the trainings that wait, each in a child process, and makes versions of their results.</summary>
/// <param name="catalog">The trainings.</param>
/// <param name="child">Runs a child process.</param>
/// <param name="gate">Decides whether a result may become the default.</param>
/// <param name="models">Receives the versions.</param>
/// <param name="metrics">Counts.</param>
/// <param name="options">The limits of trainings.</param>
/// <param name="clock">The time of starts.</param>
/// <param name="logger">Logs ends.</param>
internal sealed partial class TrainingRunner(
    TrainingCatalog catalog,
    TrainingChild child,
    TrainingGate gate,
    ModelCatalog models,
    TrainingMetrics metrics,
    IOptions<TrainingOptions> options,
    TimeProvider clock,
    ILogger<TrainingRunner> logger
) : BackgroundService
{
    // A process that has crashed goes on from its checkpoint, unless it crashes again and again.
    private const int MostCrashes = 2;

    private static readonly string CodeVersion =
        typeof(TrainingRunner)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion
        ?? "unknown";

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        catalog.Open();
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.MaxRunning).Select(_ => WorkAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        await foreach (var entry in catalog.Waiting.ReadAllAsync(stoppingToken))
        {
            entry.IsAtWork = true;
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, entry.Cancellation.Token);
            try
            {
                await RunAsync(entry, ending.Token);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return; // the next start of the server goes on with it
            }
            catch (OperationCanceledException)
            {
                End(entry, TrainingState.Cancelled, null, "It was cancelled.");
            }
            catch (ServingException exception)
            {
                End(entry, TrainingState.Failed, WireNames.Get(exception.Code), exception.Message);
            }
            catch (Exception exception)
            {
                LogUnexpected(exception, entry.Current.Id);
                End(entry, TrainingState.Failed, "internal_error", VersionLoader.UnexpectedError);
            }
        }
    }

    private async Task RunAsync(RunEntry entry, CancellationToken cancellationToken)
    {
        for (var crashes = 0; ; )
        {
            var started = entry.Change(run =>
                run.IsOver
                    ? null
                    : run with
                    {
                        State = TrainingState.Running,
                        Started = run.Started ?? clock.GetUtcNow(),
                        Resumed = run.Resumed + (run.State == TrainingState.Running ? 1 : 0),
                    }
            );
            if (started.IsOver)
                return;
            var result = await ComputeAsync(entry, cancellationToken);
            switch (result.End)
            {
                case ChildEnd.Succeeded:
                    await KeepAsync(entry, cancellationToken);
                    return;
                case ChildEnd.Crashed when ++crashes < MostCrashes:
                    LogCrashed(started.Id, result.Reason!);
                    continue;
                case ChildEnd.TooLarge:
                    End(entry, TrainingState.Failed, WireNames.Get(ErrorCode.OutOfMemory), result.Reason!);
                    return;
                default:
                    End(entry, TrainingState.Failed, "training_failed", result.Reason ?? "It has no result.");
                    return;
            }
        }
    }

    private async Task<ChildResult> ComputeAsync(RunEntry entry, CancellationToken cancellationToken)
    {
        var (last, countImages) = (clock.GetTimestamp(), metrics.CountImages());
        try
        {
            return await child.RunAsync(
                entry,
                options.Value.MemoryLimit,
                content =>
                {
                    CountTime();
                    countImages(content);
                    if ((string?)content["phase"] is { } phase)
                        entry.SetPhase(phase);
                    entry.Events.Add(content);
                },
                cancellationToken
            );
        }
        finally
        {
            CountTime();
        }

        void CountTime()
        {
            var now = clock.GetTimestamp();
            metrics.CountTime(clock.GetElapsedTime(Interlocked.Exchange(ref last, now), now));
        }
    }

    // Makes a version of the result.
    private async Task KeepAsync(RunEntry entry, CancellationToken cancellationToken)
    {
        entry.SetPhase("version");
        var job = TrainingJob.Read(
            JsonElement.Parse(
                await File.ReadAllBytesAsync(Path.Combine(entry.Path, TrainingJob.File), cancellationToken)
            )
        );
        var result = JsonSerializer.Deserialize<TrainingResult>(
            await File.ReadAllBytesAsync(Path.Combine(entry.Path, TrainingJob.Result), cancellationToken),
            TrainingResult.Options
        )!;
        var (promoted, reason) = await gate.DecideAsync(job, result, cancellationToken);
        var lineage = Describe(entry.Current, job, result, promoted, reason);
        var definition = job.Model.Definition with { Pretrained = false };
        var made = await AddAsync(entry, job.Model.With(definition), lineage, cancellationToken);
        var version = made.OrThrow().Version;
        entry.Change(run =>
            catalog.Ended(run, TrainingState.Succeeded, null, null) with
            {
                Version = version.Version,
                Promoted = promoted && !version.Current.IsQuarantined,
                PromotedReason =
                    promoted && version.Current.IsQuarantined ? "It does not reproduce the golden samples." : reason,
                Result = TrainingFigures.From(result),
            }
        );
        metrics.CountEnd(TrainingState.Succeeded);
        LogSucceeded(entry.Current.Id, version.Name, version.Version, result.Seconds);
    }

    private async Task<Outcome<VersionOfModel>> AddAsync(
        RunEntry entry,
        Language.ResolvedModel model,
        TrainingLineage lineage,
        CancellationToken cancellationToken
    )
    {
        var path = Path.Combine(entry.Path, TrainingJob.ResultWeights);
        var upload = new WeightsUpload(DurableFiles.Open(path), await HashAsync(path, cancellationToken));
        return models.Find(model.Definition.Name).Value is null
            ? await models.CreateAsync(model, upload, WeightsTerms.Default, cancellationToken, lineage)
            : await models.AddVersionAsync(model, upload, WeightsTerms.Default, cancellationToken, lineage);
    }

    private static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = DurableFiles.Open(path);
        return Convert.ToHexStringLower(
            await System.Security.Cryptography.SHA256.HashDataAsync(file, cancellationToken)
        );
    }

    private static TrainingLineage Describe(
        TrainingRun run,
        TrainingJob job,
        TrainingResult result,
        bool promoted,
        string reason
    ) =>
        new(
            run.Id,
            run.Dataset,
            run.Revision,
            WireNames.Get(job.Definition.Method),
            job.Definition.Seed,
            CodeVersion,
            result.Train.Images,
            result.Seconds,
            result.CpuSeconds,
            promoted,
            reason
        )
        {
            ValAccuracy = result.Val?.Accuracy,
            TestAccuracy = result.Test?.Accuracy,
            Temperature = result.Temperature,
        };

    private void End(RunEntry entry, TrainingState state, string? code, string reason)
    {
        entry.Change(run => run.IsOver ? null : catalog.Ended(run, state, code, reason));
        metrics.CountEnd(entry.Current.State);
        LogEnded(entry.Current.Id, WireNames.Get(state), reason);
    }

    [LoggerMessage(LogLevel.Information, "Training {Id} made version {Version} of {Model} in {Seconds:0.0} s")]
    private partial void LogSucceeded(string id, string model, int version, double seconds);

    [LoggerMessage(LogLevel.Information, "Training {Id} has {State}: {Reason}")]
    private partial void LogEnded(string id, string state, string reason);

    [LoggerMessage(LogLevel.Warning, "The process of training {Id} goes on from its checkpoint. {Reason}")]
    private partial void LogCrashed(string id, string reason);

    [LoggerMessage(LogLevel.Error, "Training {Id} failed")]
    private partial void LogUnexpected(Exception exception, string id);
}
