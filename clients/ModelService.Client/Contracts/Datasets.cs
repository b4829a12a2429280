using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>A data set to create.</summary>
public sealed record CreateDatasetBody
{
    /// <summary>
    /// The name: 1 to 64 characters of a-z, 0-9, '.', '_' and '-', which begins and ends with a letter or a digit.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>
    /// The classes, in the order of a model's outputs; images of other classes are then refused. Left out, the
    /// classes are the labels of the images, in alphabetical order.
    /// </summary>
    public IReadOnlyList<string>? Classes { get; init; }
}

/// <summary>An image after a change, or without an image after its removal.</summary>
public sealed record DatasetChangeResponse
{
    /// <summary>The name of the data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>Its revision after the change.</summary>
    public required int Revision { get; init; }

    /// <summary>An image of a data set.</summary>
    public DatasetImageResponse? Image { get; init; }
}

/// <summary>A class of a data set.</summary>
public sealed record DatasetClassResponse
{
    /// <summary>The class.</summary>
    public required string Label { get; init; }

    /// <summary>The number of its images.</summary>
    public required int Images { get; init; }

    /// <summary>Images of the split <c>train</c>.</summary>
    public required int Train { get; init; }

    /// <summary>Images of the split <c>val</c>.</summary>
    public required int Val { get; init; }

    /// <summary>Images of the split <c>test</c>.</summary>
    public required int Test { get; init; }

    /// <summary>Images that were uploaded without a split.</summary>
    public required int NoSplit { get; init; }
}

/// <summary>A data set that was deleted.</summary>
public sealed record DatasetDeletedResponse
{
    /// <summary>The name of the data set.</summary>
    public required string Name { get; init; }

    /// <summary>The bytes of its images, in all revisions.</summary>
    public required long BytesFreed { get; init; }
}

/// <summary>All data sets.</summary>
public sealed record DatasetListResponse
{
    /// <summary>The data sets, by name.</summary>
    public required IReadOnlyList<DatasetSummary> Datasets { get; init; }
}

/// <summary>Something that is wrong with a data set, or may be.</summary>
public sealed record DatasetProblem
{
    /// <summary>The kinds of problems of data sets.</summary>
    public required DatasetProblemCode Code { get; init; }

    /// <summary>How bad a problem of a data set is.</summary>
    public required ProblemSeverity Severity { get; init; }

    /// <summary>A sentence: what was found, and what to do.</summary>
    public required string Message { get; init; }

    /// <summary>How many images or classes it concerns.</summary>
    public required int Count { get; init; }

    /// <summary>The ids of up to 20 of the images.</summary>
    public required IReadOnlyList<string> Images { get; init; }
}

/// <summary>The kinds of problems of data sets.</summary>
[JsonConverter(typeof(WireEnumConverter<DatasetProblemCode>))]
public enum DatasetProblemCode
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>too_few_classes</c>.</summary>
    TooFewClasses,

    /// <summary>The value <c>empty_class</c>.</summary>
    EmptyClass,

    /// <summary>The value <c>too_few_images</c>.</summary>
    TooFewImages,

    /// <summary>The value <c>few_images</c>.</summary>
    FewImages,

    /// <summary>The value <c>imbalance</c>.</summary>
    Imbalance,

    /// <summary>The value <c>label_conflict</c>.</summary>
    LabelConflict,

    /// <summary>The value <c>split_leak</c>.</summary>
    SplitLeak,

    /// <summary>The value <c>group_leak</c>.</summary>
    GroupLeak,

    /// <summary>The value <c>near_duplicates</c>.</summary>
    NearDuplicates,

    /// <summary>The value <c>one_color</c>.</summary>
    OneColor,

    /// <summary>The value <c>small_images</c>.</summary>
    SmallImages,
}

/// <summary>One revision of a data set.</summary>
public sealed record DatasetResponse
{
    /// <summary>The name of the data set.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The number of the revision. Each change makes the next one, and a revision never changes; 0 is the empty set.
    /// </summary>
    public required int Revision { get; init; }

    /// <summary>When the data set was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When this revision was made.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>
    /// Whether the classes were given when the data set was created; images of others are then refused.
    /// </summary>
    public required bool FixedClasses { get; init; }

    /// <summary>The classes, in the order of a model's outputs.</summary>
    public required IReadOnlyList<DatasetClassResponse> Classes { get; init; }

    /// <summary>The number of images.</summary>
    public required int Images { get; init; }

    /// <summary>The bytes of the images.</summary>
    public required long Bytes { get; init; }

    /// <summary>
    /// All that is wrong with the data set, or may be. A model can't be trained on a data set with an error.
    /// </summary>
    public required IReadOnlyList<DatasetProblem> Problems { get; init; }
}

/// <summary>A data set in brief.</summary>
public sealed record DatasetSummary
{
    /// <summary>The name of the data set.</summary>
    public required string Name { get; init; }

    /// <summary>The number of the current revision.</summary>
    public int? Revision { get; init; }

    /// <summary>The number of classes.</summary>
    public int? Classes { get; init; }

    /// <summary>The number of images.</summary>
    public int? Images { get; init; }

    /// <summary>The bytes of the images.</summary>
    public long? Bytes { get; init; }

    /// <summary>When the data set was created.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the current revision was made.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>Why the data set can't be read; absent when it can.</summary>
    public string? Damage { get; init; }
}

/// <summary>How bad a problem of a data set is.</summary>
[JsonConverter(typeof(WireEnumConverter<ProblemSeverity>))]
public enum ProblemSeverity
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>error</c>.</summary>
    Error,

    /// <summary>The value <c>warning</c>.</summary>
    Warning,
}
