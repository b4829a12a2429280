using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Registry;

namespace ModelService.Models.Evaluation.Runs;

/// <content>What happens to evaluations when the server starts, and when a version goes.</content>
public sealed partial class EvaluationCatalog
{
    /// <summary>
    /// Reads the stored evaluations. Those that wait, or were interrupted for the first time, wait again; those whose
    /// version is gone are removed.
    /// </summary>
    internal async Task OpenAsync()
    {
        foreach (var record in (await lane.RunAsync(() => files.List(LogDamaged))).OrderBy(item => item.Created))
        {
            var entry = new EvaluationEntry(record);
            if (models.Find(record.Model, record.Version).Value is { } found && IsOf(record, found.Version))
                entries[record.Id] = entry;
            else if (files.IsWritable)
                await ForgetAsync(entry);
            if (files.IsWritable && !record.IsFinished && entries.ContainsKey(record.Id))
                await ResumeAsync(entry);
        }
    }

    private async Task ResumeAsync(EvaluationEntry entry)
    {
        var record = entry.Current;
        if (record.Attempts < MostAttempts)
        {
            entry.Requeue();
            waiting.Writer.TryWrite(entry);
            LogResumed(record.Id);
            return;
        }

        entry.End(
            EvaluationState.Failed,
            $"The server stopped {record.Attempts} times while it ran. Start another evaluation.",
            clock.GetUtcNow()
        );
        await StoreAsync(entry);
    }

    // A version was deleted, or its weights were replaced.
    private void ForgetVersion(ModelVersion version)
    {
        var gone = entries
            .Values.Where(entry => entry.Current.Model == version.Name && entry.Current.Version == version.Version)
            .ToList();
        foreach (var entry in gone)
            Forget(entry);
    }

    private void Forget(EvaluationEntry entry)
    {
        if (entries.TryRemove(entry.Current.Id, out _))
            _ = ForgetAsync(entry);
    }

    private async Task ForgetAsync(EvaluationEntry entry)
    {
        entry.Cancel(clock.GetUtcNow());
        try
        {
            await lane.RunAsync(() =>
            {
                files.Remove(entry.Current.Id);
                return entry;
            });
        }
        catch (ServingException exception)
        {
            LogNotRemoved(exception, entry.Current.Id); // after the next start, it is tried again
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Path} can't be read as an evaluation; it is ignored")]
    private partial void LogDamaged(Exception exception, string path);

    [LoggerMessage(LogLevel.Information, "Evaluation {Id} waits again: the server stopped before it ended")]
    private partial void LogResumed(string id);

    [LoggerMessage(LogLevel.Error, "Evaluation {Id} is forgotten, but its files can't be removed")]
    private partial void LogNotRemoved(Exception exception, string id);
}
