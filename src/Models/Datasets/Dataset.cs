namespace ModelService.Models.Datasets;

/// <summary>One revision of a data set. It never changes.</summary>
/// <param name="name">The name of the data set.</param>
/// <param name="revision">Its number. 0 is the empty set, and each change makes the next one.</param>
/// <param name="classes">The classes, in the order of a model's outputs.</param>
/// <param name="images">The images, in the order of their upload.</param>
public sealed class Dataset(
    string name,
    int revision,
    IReadOnlyList<string> classes,
    IReadOnlyList<DatasetImage> images
)
{
    private readonly Lazy<Dictionary<string, DatasetImage>> byId = new(() => images.ToDictionary(image => image.Id));
    private readonly Lazy<long> bytes = new(() => images.Sum(image => (long)image.Length));

    // Not lazy: that would either keep the failure to read a file, or let every thread find the problems.
    private readonly Lock gate = new();
    private IReadOnlyList<DatasetProblem>? problems;

    /// <summary>The name of the data set.</summary>
    public string Name => name;

    /// <summary>The number of the revision. 0 is the empty set, and each change makes the next one.</summary>
    public int Revision => revision;

    /// <summary>The classes, in the order of a model's outputs.</summary>
    public IReadOnlyList<string> Classes => classes;

    /// <summary>The images, in the order of their upload.</summary>
    public IReadOnlyList<DatasetImage> Images => images;

    /// <summary>Whether the classes were given when the set was created; images of others are then refused.</summary>
    public bool HasFixedClasses { get; init; }

    /// <summary>When the data set was created.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When this revision was made.</summary>
    public DateTimeOffset Changed { get; init; }

    /// <summary>The bytes of the images.</summary>
    public long Bytes => bytes.Value;

    /// <summary>
    /// What is wrong with the images, by their uploaded splits. Worked out when it is first asked for.
    /// </summary>
    /// <exception cref="Errors.ServingException">A file of the data set can't be read.</exception>
    public IReadOnlyList<DatasetProblem> Problems
    {
        get
        {
            lock (gate)
                return problems ??= DatasetChecks.Find(this, DatasetSplits.Uploaded(images));
        }
    }

    /// <summary>Finds an image.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The image; null when this revision has none with that id.</returns>
    public DatasetImage? Find(string id) => byId.Value.GetValueOrDefault(id);
}
