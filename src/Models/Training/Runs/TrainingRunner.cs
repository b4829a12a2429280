using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Runs;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Training.Process;
using ModelService.Models.Weights;

namespace ModelService.Models.Training.Runs;

/// <summary>Runs the trainings that wait, each in a child process, and makes versions of their results.</summary>
/// <param name="runs">The trainings.</param>
/// <param name="kind">What tells them from other runs.</param>
/// <param name="child">Runs a child process.</param>
/// <param name="gate">Decides whether a result may become the default.</param>
/// <param name="models">Receives the versions.</param>
/// <param name="metrics">Counts.</param>
/// <param name="options">The limits of trainings.</param>
/// <param name="clock">The time of starts.</param>
/// <param name="logger">Logs ends.</param>
internal sealed partial class TrainingRunner(
    IRunStore<TrainingRun> runs,
    RunKind<TrainingRun> kind,
    TrainingChild child,
    TrainingGate gate,
    ModelCatalog models,
    TrainingMetrics metrics,
    IOptions<TrainingOptions> options,
    TimeProvider clock,
    ILogger<TrainingRunner> logger
) : RunWorker<TrainingRun>(runs, kind, clock, logger)
{
    // A process that has crashed goes on from its checkpoint, unless it crashes again and again.
    private const int MostCrashes = 2;

    private const int MostAttempts = 100; // to add a version

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly string CodeVersion =
        typeof(TrainingRunner)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion
        ?? "unknown";

    /// <inheritdoc/>
    protected override void CountEnd(RunState state) => metrics.CountEnd(state);

    /// <inheritdoc/>
    protected override async Task RunAsync(RunEntry<TrainingRun> entry, CancellationToken cancellationToken)
    {
        for (var crashes = 0; ; )
        {
            var started = Start(entry);
            if (started.IsOver)
                return;
            if (crashes == 0)
                await RetryAsync(entry, () => entry.PrepareAsync(cancellationToken), cancellationToken);
            var result = await ComputeAsync(entry, cancellationToken);
            switch (result.End)
            {
                case ChildEnd.Succeeded:
                    await KeepAsync(entry, cancellationToken);
                    return;
                case ChildEnd.Crashed when ++crashes < MostCrashes:
                    LogCrashed(Logger, started.Id, result.Reason!);
                    continue;
                case ChildEnd.TooLarge:
                    End(entry, RunState.Failed, WireNames.Get(ErrorCode.OutOfMemory), result.Reason!);
                    return;
                default:
                    throw new RunFailedException(result.Reason ?? "It has no result.");
            }
        }
    }

    private async Task<ChildResult> ComputeAsync(RunEntry<TrainingRun> entry, CancellationToken cancellationToken)
    {
        var (last, countImages) = (Clock.GetTimestamp(), metrics.CountImages());
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
            var now = Clock.GetTimestamp();
            metrics.CountTime(Clock.GetElapsedTime(Interlocked.Exchange(ref last, now), now));
        }
    }

    // Makes a version of the result.
    private async Task KeepAsync(RunEntry<TrainingRun> entry, CancellationToken cancellationToken)
    {
        entry.SetPhase("version");
        var job = TrainingJob.Read(
            JsonElement.Parse(
                await File.ReadAllBytesAsync(Path.Combine(entry.Path, TrainingJob.File), cancellationToken)
            )
        );
        var result = JsonSerializer.Deserialize<TrainingResult>(
            await File.ReadAllBytesAsync(Path.Combine(entry.Path, TrainingJob.Result), cancellationToken),
            TrainingJson.Options
        )!;
        var (promoted, reason) = await gate.DecideAsync(job, result, cancellationToken);
        var lineage = LineageOf(entry.Current, job, result, promoted, reason);
        var model = job.Model.With(job.Model.Definition with { Pretrained = false });
        await RetryKeepAsync(entry, AddAndEndAsync, cancellationToken);

        async Task AddAndEndAsync()
        {
            var ending = await entry.PrepareEndAsync(manifest =>
                Describe(manifest.Version, VersionSnapshot.IsHeldBack(manifest.Samples, manifest.Lineage))
            );
            var made = await AddAsync(entry, model, lineage, ending, cancellationToken);
            var version = made.OrThrow().Version;
            Succeed(entry, Describe(version.Version, version.Current.IsQuarantined));
        }

        TrainingRun Describe(int number, bool isQuarantined) =>
            entry.Current.End(RunState.Succeeded, null, null, Clock.GetUtcNow()) with
            {
                Version = number,
                Promoted = promoted && !isQuarantined,
                PromotedReason = promoted && isQuarantined ? "It does not reproduce the golden samples." : reason,
                Result = TrainingFigures.From(result),
            };
    }

    // The first version of a model, or a further one. Others may make or delete the model meanwhile, or are about to.
    private async Task<Outcome<VersionOfModel>> AddAsync(
        RunEntry<TrainingRun> entry,
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
            await Task.Delay(Pause, Clock, cancellationToken);
        }
    }

    private static string Hash(string path)
    {
        using var file = DurableFiles.Open(path);
        return DurableFiles.Measure(file).Sha256;
    }

    private static TrainingLineage LineageOf(
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

    [LoggerMessage(LogLevel.Warning, "The process of training {Id} goes on from its checkpoint. {Reason}")]
    private static partial void LogCrashed(ILogger logger, string id, string reason);
}
