namespace ModelService.Models.Datasets.Files;

/// <summary>A data set while the lines of its journal are applied, one after another.</summary>
/// <param name="name">The name of the data set.</param>
/// <param name="facts">What never changes of it.</param>
internal sealed class DatasetState(string name, DatasetFacts facts)
{
    private readonly List<DatasetImage?> images = []; // null: removed
    private readonly Dictionary<string, int> places = [];
    private readonly HashSet<string> known = [.. facts.Classes ?? []];
    private int revision;
    private DateTimeOffset changed = facts.Created;

    /// <summary>Applies a line.</summary>
    /// <param name="entry">The line.</param>
    /// <param name="added">The images of its pack.</param>
    public void Apply(JournalEntry entry, IEnumerable<DatasetImage> added)
    {
        (revision, changed) = (entry.Revision, entry.At);
        known.UnionWith(entry.Classes ?? []);
        foreach (var image in added)
        {
            places[image.Id] = images.Count;
            images.Add(image);
        }

        foreach (var id in entry.Removed ?? [])
        {
            if (places.Remove(id, out var place))
                images[place] = null;
        }

        foreach (var change in entry.Changed ?? [])
        {
            if (places.TryGetValue(change.Id, out var place))
            {
                images[place] = images[place]! with
                {
                    Label = change.Label,
                    Split = change.Split,
                    Group = change.Group,
                };
            }
        }
    }

    /// <summary>The revision that the last line made.</summary>
    public Dataset Take()
    {
        DatasetImage[] current = [.. images.OfType<DatasetImage>()];
        return new Dataset(
            name,
            revision,
            facts.Classes ?? [.. current.Select(image => image.Label).Union(known).Order(StringComparer.Ordinal)],
            current
        )
        {
            HasFixedClasses = facts.Classes is not null,
            Created = facts.Created,
            Changed = changed,
        };
    }
}
