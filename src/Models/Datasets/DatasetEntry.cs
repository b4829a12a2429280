using System.Text.Json;
using ModelService.Models.Datasets.Files;
using ModelService.Models.Errors;

namespace ModelService.Models.Datasets;

/// <summary>A data set in memory: its current revision, and its files.</summary>
internal sealed class DatasetEntry
{
    private volatile Dataset? current;
    private volatile WeakReference<Dataset>? earlier; // the last one that was read from the disk

    /// <summary>A data set that was just created, or that <see cref="Open"/> reads.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="files">Its files.</param>
    /// <param name="state">Its state; null when it is not read yet.</param>
    public DatasetEntry(string name, DatasetFiles files, DatasetState? state = null)
    {
        (Name, Files, State) = (name, files, state);
        current = state?.Take();
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>
    /// Its id in the store that servers share, which tells it from an earlier one of the same name.
    /// </summary>
    public Guid Id { get; init; }

    /// <summary>Its files.</summary>
    public DatasetFiles Files { get; }

    /// <summary>Held while a change is decided and made.</summary>
    public SemaphoreSlim Changes { get; } = new(1, 1);

    /// <summary>The images of all packs.</summary>
    public int Images { get; private set; }

    /// <summary>The bytes of all packs.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the set was deleted.</summary>
    public bool IsDeleted { get; set; }

    /// <summary>Why it can't be read; null when it can.</summary>
    public string? Damage { get; private set; }

    private DatasetState? State { get; set; }

    /// <summary>The current revision.</summary>
    public Outcome<Dataset> Current =>
        current is { } dataset
            ? dataset
            : new Failure(ErrorCode.DatasetUnavailable, $"The data set '{Name}' can't be read: {Damage}");

    /// <summary>Applies lines that are on the disk.</summary>
    /// <param name="lines">The lines, each with the images of its pack.</param>
    public void Apply(IEnumerable<(JournalEntry Line, IEnumerable<DatasetImage> Added)> lines)
    {
        foreach (var (line, added) in lines)
        {
            State!.Apply(line, added);
            Images += line.Pack?.Images ?? 0;
            Bytes += line.Pack?.Bytes ?? 0;
            if (line.Purged)
                earlier = null;
        }

        current = State!.Take();
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

    /// <summary>Reads the data set from its files.</summary>
    /// <exception cref="Exception">A file is damaged or can't be read (<see cref="IsDamage"/>).</exception>
    public void Open()
    {
        (State, var lines) = Files.Open();
        (Images, Bytes) = (lines.Sum(line => line.Pack?.Images ?? 0), lines.Sum(line => line.Pack?.Bytes ?? 0));
        (Damage, earlier) = (null, null);
        current = State.Take();
    }

    /// <summary>The data set can't be read.</summary>
    /// <param name="exception">Why.</param>
    public void MarkDamaged(Exception exception)
    {
        Damage = exception is InvalidDataException ? exception.Message : "a file is damaged or can't be read.";
        (State, Images, Bytes) = (null, 0, 0);
        (current, earlier) = (null, null);
    }
}
