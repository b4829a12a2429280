namespace ModelService.Models.Datasets;

/// <summary>One revision of a data set. It never changes.</summary>
/// <param name="Name">The name of the data set.</param>
/// <param name="Revision">Its number. 0 is the empty set, and each change makes the next one.</param>
/// <param name="Classes">The classes, in the order of a model's outputs.</param>
/// <param name="Images">The images, in the order of their upload.</param>
public sealed record Dataset(
    string Name,
    int Revision,
    IReadOnlyList<string> Classes,
    IReadOnlyList<DatasetImage> Images
)
{
    private readonly Lazy<Dictionary<string, DatasetImage>> byId = new(() => Images.ToDictionary(image => image.Id));
    private readonly Lazy<long> bytes = new(() => Images.Sum(image => (long)image.Length));

    // Tried again after a file could not be read.
    private readonly Lazy<IReadOnlyList<DatasetProblem>> problems = new(
        () => DatasetChecks.Find(new Dataset(Name, Revision, Classes, Images), DatasetSplits.Uploaded(Images)),
        LazyThreadSafetyMode.PublicationOnly
    );

    /// <summary>Whether the classes were given when the set was created; images of others are then refused.</summary>
    public bool HasFixedClasses { get; init; }

    /// <summary>When the data set was created.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When this revision was made.</summary>
    public DateTimeOffset Changed { get; init; }

    /// <summary>The bytes of the images.</summary>
    public long Bytes => bytes.Value;

    /// <summary>What is wrong with the images, by their uploaded splits. Worked out when it is first asked for.</summary>
    /// <exception cref="Errors.ServingException">A file of the data set can't be read.</exception>
    public IReadOnlyList<DatasetProblem> Problems => problems.Value;

    /// <summary>Finds an image.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The image; null when this revision has none with that id.</returns>
    public DatasetImage? Find(string id) => byId.Value.GetValueOrDefault(id);

    /// <inheritdoc/>
    public bool Equals(Dataset? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
