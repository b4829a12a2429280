using ModelService.Models.Errors;

namespace ModelService.Models.Training.Runs;

/// <content>What is stored: trainings are read at the start of the server, and forgotten.</content>
public sealed partial class TrainingCatalog
{
    /// <summary>Forgets a training that has ended. Its version stays.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>
    /// The training; <see cref="ErrorCode.TrainingNotFound"/>; <see cref="ErrorCode.TrainingConflict"/>: it has not
    /// ended.
    /// </returns>
    public Outcome<TrainingRun> Remove(string id) =>
        Outcome.Of(() =>
        {
            var entry = FindEntry(id).OrThrow();
            if (!entry.Current.IsOver)
            {
                throw new ServingException(
                    ErrorCode.TrainingConflict,
                    $"The training is {WireNames.Get(entry.Current.State)}. Cancel it first: "
                        + $"POST /v1/trainings/{id}/cancel."
                );
            }

            Delete(entry);
            return entry.Current;
        });

    /// <summary>Reads the stored trainings. Those that had not ended go on.</summary>
    internal void Open()
    {
        if (!Directory.Exists(folder.Trainings))
            return;
        foreach (var path in Directory.GetDirectories(folder.Trainings))
        {
            if (RunEntry.Open(folder, path) is { } entry)
                entries[entry.Current.Id] = entry;
        }

        if (!folder.IsWritable)
            return;
        var left = entries
            .Values.Where(entry => !entry.Current.IsOver)
            .OrderByDescending(entry => entry.Current.State == TrainingState.Running)
            .ThenBy(entry => entry.Current.Created);
        foreach (var entry in left)
            waiting.Writer.TryWrite(entry);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var entry in entries.Values)
            entry.Dispose();
    }

    // The oldest that have ended make room.
    private void Forget()
    {
        var over = entries.Values.Where(entry => entry.Current.IsOver).OrderBy(entry => entry.Current.Id).ToList();
        foreach (var entry in over.Take(Math.Max(0, entries.Count - options.MaxKept)))
            Delete(entry);
    }

    private void Delete(RunEntry entry)
    {
        var staged = folder.NewStagingPath();
        folder.Write(() =>
        {
            Directory.Move(entry.Path, staged);
            return staged;
        });
        entries.TryRemove(entry.Current.Id, out _);
        folder.DeleteStaged(staged);
    }
}
