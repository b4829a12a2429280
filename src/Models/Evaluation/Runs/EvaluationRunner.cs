using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Registry;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>Runs the evaluations that wait, one at a time, while the server serves.</summary>
/// <param name="catalog">The evaluations.</param>
/// <param name="models">The models.</param>
/// <param name="datasets">The data sets.</param>
/// <param name="scorer">Scores images.</param>
/// <param name="analysis">Turns scores into figures and a report.</param>
/// <param name="files">Stores results.</param>
/// <param name="clock">The time of starts and ends.</param>
/// <param name="logger">Logs ends.</param>
internal sealed partial class EvaluationRunner(
    EvaluationCatalog catalog,
    ModelCatalog models,
    DatasetCatalog datasets,
    EvaluationScorer scorer,
    EvaluationAnalysis analysis,
    EvaluationFiles files,
    TimeProvider clock,
    ILogger<EvaluationRunner> logger
) : BackgroundService
{
    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await catalog.OpenAsync();
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var entry in catalog.Waiting.ReadAllAsync(stoppingToken))
        {
            using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            if (!entry.TryStart(clock.GetUtcNow(), cancelling))
                continue; // it was cancelled meanwhile
            await catalog.StoreAsync(entry);
            var end = await RunAsync(entry, cancelling.Token);

            // When the server stops in the middle, the stored state stays: the next start runs it again.
            if (end.State == EvaluationState.Cancelled && !entry.IsCancelled)
            {
                entry.Requeue();
                return;
            }

            entry.End(end.State, end.Reason, clock.GetUtcNow());
            await catalog.StoreAsync(entry);
        }
    }

    private async Task<(EvaluationState State, string? Reason)> RunAsync(
        EvaluationEntry entry,
        CancellationToken cancellationToken
    )
    {
        var record = entry.Current;
        var started = Stopwatch.GetTimestamp();
        try
        {
            await RunAsync(record, entry.Report, cancellationToken);
            LogSucceeded(record.Id, record.Images, Stopwatch.GetElapsedTime(started).TotalSeconds);
            return (EvaluationState.Succeeded, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogCancelled(record.Id);
            return (EvaluationState.Cancelled, null);
        }
        catch (ServingException exception)
        {
            LogFailed(exception, record.Id);
            return (EvaluationState.Failed, exception.Message);
        }
        catch (Exception exception)
        {
            LogFailed(exception, record.Id);
            return (EvaluationState.Failed, VersionLoader.UnexpectedError);
        }
    }

    private async Task RunAsync(EvaluationRecord record, Action<int> progress, CancellationToken cancellationToken)
    {
        var version = models.Find(record.Model, record.Version).OrThrow().Version;
        var dataset = datasets.Find(record.Dataset, record.Revision).OrThrow();
        var subject = EvaluationSubject.Read(version, dataset, record.Split).OrThrow();
        var scored = await scorer.ScoreAsync(version, subject.Images, progress, cancellationToken);

        // The bytes of the images go with the data set.
        if (scored.Failures.Any(failure => failure?.Code == ErrorCode.ImageNotFound))
            datasets.Find(record.Dataset, record.Revision).OrThrow();
        await Task.Run(
            async () =>
            {
                var finished = await analysis.AnalyzeAsync(subject, scored, clock.GetUtcNow(), cancellationToken);
                files.PutResult(record.Id, finished);
            },
            cancellationToken
        );
    }

    [LoggerMessage(LogLevel.Information, "Evaluation {Id} succeeded: {Images} images in {Seconds:0.0} s")]
    private partial void LogSucceeded(string id, int images, double seconds);

    [LoggerMessage(LogLevel.Information, "Evaluation {Id} was cancelled")]
    private partial void LogCancelled(string id);

    [LoggerMessage(LogLevel.Warning, "Evaluation {Id} failed")]
    private partial void LogFailed(Exception exception, string id);
}
