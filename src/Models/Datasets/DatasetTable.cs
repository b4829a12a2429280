using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;

namespace ModelService.Models.Datasets;

/// <summary>The data sets in memory, by name. Thread-safe.</summary>
/// <param name="options">The limits.</param>
internal sealed class DatasetTable(IOptions<DatasetOptions> options)
{
    private readonly ConcurrentDictionary<string, DatasetEntry> entries = [];

    /// <summary>What the data sets take.</summary>
    public DatasetUsage Usage { get; } = new(options.Value);

    /// <summary>The data sets, by name.</summary>
    public IReadOnlyList<DatasetEntry> List() =>
        [.. entries.Values.OrderBy(entry => entry.Name, StringComparer.Ordinal)];

    /// <summary>Finds a data set.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The data set; or <see cref="ErrorCode.DatasetNotFound"/>.</returns>
    public Outcome<DatasetEntry> Find(string name) => entries.TryGetValue(name, out var entry) ? entry : NotFound(name);

    /// <summary>Adds a data set.</summary>
    public void Add(DatasetEntry entry) => entries[entry.Name] = entry;

    /// <summary>Removes a data set that was deleted, and no longer counts its images.</summary>
    public void Remove(DatasetEntry entry)
    {
        entry.IsDeleted = true;
        if (entries.TryRemove(new KeyValuePair<string, DatasetEntry>(entry.Name, entry)))
            Usage.Change(-entry.Images, -entry.Bytes);
    }

    /// <summary>Refuses one more data set when there are as many as there may be.</summary>
    /// <param name="count">How many there are.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.DatasetTooLarge"/>.</exception>
    public void ThrowIfFull(long count)
    {
        if (count >= options.Value.MaxDatasets)
        {
            throw new ServingException(
                ErrorCode.DatasetTooLarge,
                $"There are {count} data sets already ({DatasetOptions.Section}:MaxDatasets). Delete one."
            );
        }
    }

    /// <summary>The failure of a name that no data set has.</summary>
    public static Failure NotFound(string name) =>
        new(ErrorCode.DatasetNotFound, $"There is no data set '{Suggestions.Shorten(name)}'.");

    /// <summary>The error of a name that another data set has.</summary>
    public static ServingException Exists(string name) =>
        new(ErrorCode.DatasetExists, $"The data set '{name}' exists already.");
}
