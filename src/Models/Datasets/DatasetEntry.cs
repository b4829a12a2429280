using System.Text.Json;
using ModelService.Models.Datasets.Files;
using ModelService.Models.Errors;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Datasets;

/// <summary>A data set in memory: its current revision, and its files.</summary>
internal sealed class DatasetEntry
{
    private volatile Dataset? current;
    private volatile WeakReference<Dataset>? earlier; // the last one that was read from the disk

    /// <summary>A data set that was just created or read.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="files">Its files.</param>
    /// <param name="state">Its state; null when it is damaged.</param>
    /// <param name="damage">Why it can't be read; null when it can.</param>
    public DatasetEntry(string name, DatasetFiles files, DatasetState? state, string? damage = null)
    {
        (Name, Files, State, Damage) = (name, files, state, damage);
        current = state?.Take();
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its files. Changed under <see cref="Gate"/> only.</summary>
    public DatasetFiles Files { get; }

    /// <summary>Held while the set is changed.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The images of all packs.</summary>
    public int Images { get; set; }

    /// <summary>The bytes of all packs.</summary>
    public long Bytes { get; set; }

    /// <summary>Whether the set was deleted. Read under <see cref="Gate"/>.</summary>
    public bool IsDeleted { get; set; }

    /// <summary>Why it can't be read; null when it can.</summary>
    public string? Damage { get; }

    private DatasetState? State { get; }

    /// <summary>The current revision.</summary>
    public Outcome<Dataset> Current =>
        current is { } dataset
            ? dataset
            : new Failure(ErrorCode.DatasetUnavailable, $"The data set '{Name}' can't be read: {Damage}");

    /// <summary>Applies a line that is on the disk.</summary>
    /// <param name="line">The line.</param>
    /// <param name="added">The images of its pack.</param>
    public Dataset Apply(JournalEntry line, IEnumerable<DatasetImage> added)
    {
        State!.Apply(line, added);
        if (line.Purged)
            earlier = null;
        return current = State.Take();
    }

    /// <summary>A revision.</summary>
    /// <param name="revision">Its number; null: the current one.</param>
    public Outcome<Dataset> Find(int? revision)
    {
        if (!Current.TryGet(out var dataset, out var failure))
            return failure;
        if (revision is null || revision == dataset.Revision)
            return dataset;
        if (revision < 0 || revision > dataset.Revision)
        {
            return new Failure(
                ErrorCode.DatasetNotFound,
                $"The data set '{Name}' has no revision {revision}; the last one is {dataset.Revision}."
            );
        }

        if (earlier is { } kept && kept.TryGetTarget(out var found) && found.Revision == revision)
            return found;
        try
        {
            found = Files.Read(revision.Value);
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            return new Failure(ErrorCode.DatasetUnavailable, $"Revision {revision} of '{Name}' can't be read.");
        }

        earlier = new WeakReference<Dataset>(found);
        return found;
    }

    /// <summary>Whether an exception tells that files of a data set are damaged or can't be read.</summary>
    public static bool IsDamage(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or InvalidDataException or JsonException;

    /// <summary>Reads a data set when the server starts.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="name">The name of the data set.</param>
    /// <param name="report">Receives the exception of a damaged one.</param>
    public static DatasetEntry Open(DataFolder folder, string name, Action<Exception> report)
    {
        var files = new DatasetFiles(folder, name);
        try
        {
            var (state, lines) = files.Open();
            return new DatasetEntry(name, files, state)
            {
                Images = lines.Sum(line => line.Pack?.Images ?? 0),
                Bytes = lines.Sum(line => line.Pack?.Bytes ?? 0),
            };
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            report(exception);
            var damage = exception is InvalidDataException ? exception.Message : "a file is damaged or can't be read.";
            return new DatasetEntry(name, files, state: null, damage);
        }
    }
}
