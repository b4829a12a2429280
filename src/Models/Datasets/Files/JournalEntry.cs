namespace ModelService.Models.Datasets.Files;

/// <summary>What never changes of a data set: the file <c>dataset.json</c>.</summary>
/// <param name="Schema">The number of the layout of the files.</param>
/// <param name="Created">When the data set was created.</param>
/// <param name="Classes">The classes that it was created with; null: those of its images.</param>
internal sealed record DatasetFacts(int Schema, DateTimeOffset Created, IReadOnlyList<string>? Classes = null);

/// <summary>A line of the journal: how a revision differs from the one before.</summary>
/// <param name="Revision">The number of the revision; the first line has 1.</param>
/// <param name="At">When it was made.</param>
internal sealed record JournalEntry(int Revision, DateTimeOffset At)
{
    /// <summary>The pack that it brought; null for none. The pack has the revision's number.</summary>
    public PackFacts? Pack { get; init; }

    /// <summary>Classes of the upload that have no image.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>The ids of the images that it removed.</summary>
    public IReadOnlyList<string>? Removed { get; init; }

    /// <summary>Whether the bytes of the removed images were overwritten.</summary>
    public bool Purged { get; init; }

    /// <summary>The images whose label, split or group it changed.</summary>
    public IReadOnlyList<ImageChange>? Changed { get; init; }
}

/// <summary>The images of an upload.</summary>
/// <param name="Images">How many.</param>
/// <param name="Bytes">The length of the file with their bytes.</param>
/// <param name="Index">SHA-256 of the file that lists them.</param>
internal sealed record PackFacts(int Images, long Bytes, string Index);

/// <summary>An image of a pack: a line of its index.</summary>
internal sealed record PackEntry(
    string Id,
    string Label,
    int Width,
    int Height,
    long Offset = 0,
    int Length = 0,
    int Row = 0,
    Split? Split = null,
    string? Group = null,
    string? FileName = null
);

/// <summary>What is said about an image from a revision on.</summary>
internal sealed record ImageChange(string Id, string Label, Split? Split = null, string? Group = null);
