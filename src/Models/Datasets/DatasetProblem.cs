namespace ModelService.Models.Datasets;

/// <summary>Something that is wrong with a data set, or may be.</summary>
/// <param name="Code">What it is.</param>
/// <param name="Severity">Whether a model can be trained all the same.</param>
/// <param name="Message">A sentence: what was found, and what to do.</param>
/// <param name="Count">How many images or classes it concerns.</param>
/// <param name="Images">The ids of up to 20 of the images.</param>
public sealed record DatasetProblem(
    DatasetProblemCode Code,
    ProblemSeverity Severity,
    string Message,
    int Count,
    IReadOnlyList<string> Images
);

/// <summary>How bad a problem of a data set is.</summary>
public enum ProblemSeverity
{
    /// <summary>A model can't be trained.</summary>
    Error,

    /// <summary>A model can be trained, but may be worse than it looks or could be.</summary>
    Warning,
}

/// <summary>The kinds of problems of data sets.</summary>
public enum DatasetProblemCode
{
    /// <summary>There are fewer than two classes.</summary>
    TooFewClasses,

    /// <summary>A class has no image.</summary>
    EmptyClass,

    /// <summary>A class has one image only.</summary>
    TooFewImages,

    /// <summary>A class has fewer than 20 images.</summary>
    FewImages,

    /// <summary>The largest class has more than ten times the images of the smallest.</summary>
    Imbalance,

    /// <summary>Images that look the same have different labels.</summary>
    LabelConflict,

    /// <summary>Images that look the same are in different splits.</summary>
    SplitLeak,

    /// <summary>Images of one group are in different splits.</summary>
    GroupLeak,

    /// <summary>Images of one split look the same.</summary>
    NearDuplicates,

    /// <summary>Images have one colour.</summary>
    OneColor,

    /// <summary>Images are far smaller than the others.</summary>
    SmallImages,
}
