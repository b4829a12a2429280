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
/// <param name="runs">The trainings.</param>
/// <param name="child">Runs a child process.</param>
/// <param name="gate">Decides whether a result may become the default.</param>
/// <param name="models">Receives the versions.</param>
/// <param name="metrics">Counts.</param>
/// <param name="options">The limits of trainings.</param>
/// <param name="clock">The time of starts.</param>
/// <param name="logger">Logs ends.</param>
internal sealed partial class TrainingRunner(
    IRunStore runs,
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

    private const int MostAttempts = 100; // to add a version
    private const string Failed = "training_failed";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly string CodeVersion =
        typeof(TrainingRunner)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion
        ?? "unknown";

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        runs.Open();
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.MaxRunning).Select(_ => WorkAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        await foreach (var entry in runs.TakeAsync(stoppingToken))
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, entry.Cancellation.Token);
            try
            {
                await RunAsync(entry, ending.Token);
            }
            catch (OperationCanceledException exception) when (entry.IsLost || exception is LeaseLostException)
            {
                LogLost(entry.Current.Id); // another server goes on with it
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return; // the next start of the server goes on with it, or another server
            }
            catch (OperationCanceledException)
            {
                End(entry, TrainingState.Cancelled, null, TrainingCatalog.WasCancelled);
            }
            catch (ServingException exception)
            {
                End(entry, TrainingState.Failed, WireNames.Get(exception.Code), exception.Message);
            }
            catch (TrainingFailedException exception)
            {
                End(entry, TrainingState.Failed, Failed, exception.Message);
            }
            catch (Exception exception)
            {
                LogUnexpected(exception, entry.Current.Id);
                End(entry, TrainingState.Failed, "internal_error", VersionLoader.UnexpectedError);
            }
            finally
            {
                await entry.CloseAsync(stoppingToken);
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
            if (crashes == 0)
                await RetryAsync(entry, () => entry.PrepareAsync(cancellationToken), cancellationToken);
            var result = await ComputeAsync(entry, cancellationToken);
            switch (result.End)
            {
                case ChildEnd.Succeeded:
                    await RetryAsync(entry, () => KeepAsync(entry, cancellationToken), cancellationToken);
                    return;
                case ChildEnd.Crashed when ++crashes < MostCrashes:
                    LogCrashed(started.Id, result.Reason!);
                    continue;
                case ChildEnd.TooLarge:
                    End(entry, TrainingState.Failed, WireNames.Get(ErrorCode.OutOfMemory), result.Reason!);
                    return;
                default:
                    End(entry, TrainingState.Failed, Failed, result.Reason ?? "It has no result.");
                    return;
            }
        }
    }

    // A step that needs a store which servers share is tried again until the store can be used.
    private static async Task RetryAsync(RunEntry entry, Func<Task> step, CancellationToken cancellationToken)
    {
        while (!entry.Current.IsOver)
        {
            try
            {
                await step();
                return;
            }
            catch (ServingException exception)
            {
                if (!await entry.WaitAsync(exception.Failure, cancellationToken))
                    throw;
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
        var model = job.Model.With(job.Model.Definition with { Pretrained = false });
        var ending = await entry.PrepareEndAsync(manifest =>
            Succeed(manifest.Version, VersionSnapshot.IsHeldBack(manifest.Samples, manifest.Lineage))
        );
        var made = await AddAsync(entry, model, lineage, ending, cancellationToken);
        var version = made.OrThrow().Version;
        entry.Change(_ => Succeed(version.Version, version.Current.IsQuarantined));
        metrics.CountEnd(TrainingState.Succeeded);
        LogSucceeded(entry.Current.Id, version.Name, version.Version, result.Seconds);

        TrainingRun Succeed(int number, bool isQuarantined) =>
            entry.Current.End(TrainingState.Succeeded, null, null, clock.GetUtcNow()) with
            {
                Version = number,
                Promoted = promoted && !isQuarantined,
                PromotedReason = promoted && isQuarantined ? "It does not reproduce the golden samples." : reason,
                Result = TrainingFigures.From(result),
            };
    }

    // The first version of a model, or a further one. Others may make or delete the model meanwhile, or are about to.
    private async Task<Outcome<VersionOfModel>> AddAsync(
        RunEntry entry,
        Language.ResolvedModel model,
        TrainingLineage lineage,
        JobResult? ending,
        CancellationToken cancellationToken
    )
    {
        var path = Path.Combine(entry.Path, TrainingJob.ResultWeights);
        var hash = await Task.Run(() => Hash(path), cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            using var file = DurableFiles.Open(path);
            var upload = new WeightsUpload(file, hash);
            var made = models.Find(model.Definition.Name).Value is null
                ? await models.CreateAsync(model, upload, WeightsTerms.Default, cancellationToken, lineage, ending)
                : await models.AddVersionAsync(model, upload, WeightsTerms.Default, cancellationToken, lineage, ending);
            if (attempt == MostAttempts || made.Failure?.Code is not (ErrorCode.ModelExists or ErrorCode.ModelNotFound))
                return made;
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private static string Hash(string path)
    {
        using var file = DurableFiles.Open(path);
        return DurableFiles.Measure(file).Sha256;
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
        entry.Change(run => run.IsOver ? null : run.End(state, code, reason, clock.GetUtcNow()));
        metrics.CountEnd(entry.Current.State);
        LogEnded(entry.Current.Id, WireNames.Get(state), reason);
    }

    [LoggerMessage(LogLevel.Information, "Training {Id} made version {Version} of {Model} in {Seconds:0.0} s")]
    private partial void LogSucceeded(string id, string model, int version, double seconds);

    [LoggerMessage(LogLevel.Information, "Training {Id} has {State}: {Reason}")]
    private partial void LogEnded(string id, string state, string reason);

    [LoggerMessage(LogLevel.Warning, "The process of training {Id} goes on from its checkpoint. {Reason}")]
    private partial void LogCrashed(string id, string reason);

    [LoggerMessage(LogLevel.Warning, "Another server has taken training {Id}, whose lease was not renewed in time")]
    private partial void LogLost(string id);

    [LoggerMessage(LogLevel.Error, "Training {Id} failed")]
    private partial void LogUnexpected(Exception exception, string id);
}
