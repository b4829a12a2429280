using ModelService.Models.Errors;

namespace ModelService.Models.Datasets.Uploads;

/// <summary>What became of the files of an upload.</summary>
public sealed class UploadReport
{
    /// <summary>Largest number of failures that are listed.</summary>
    public const int MaxFailures = 1000;

    /// <summary>Largest number of images that are listed.</summary>
    public const int MaxImages = 100;

    // Of an upload of which nothing was taken, an error lists as many.
    private const int MaxErrors = 20;

    private readonly List<UploadFailure> failures = [];
    private readonly List<UploadedImage> images = [];

    /// <summary>How many images were added.</summary>
    public int Added { get; internal set; }

    /// <summary>How many images were there already, or twice in the upload.</summary>
    public int Duplicates { get; private set; }

    /// <summary>How many files could not be taken.</summary>
    public int Failed { get; private set; }

    /// <summary>The files that could not be taken; the first of them if there are many.</summary>
    public IReadOnlyList<UploadFailure> Failures => failures;

    /// <summary>The images of the upload; the first of them if there are many.</summary>
    public IReadOnlyList<UploadedImage> Images => images;

    /// <summary>
    /// Describes an upload of which nothing is in the data set, with the code of its first file; null if something is.
    /// </summary>
    public Failure? DescribeFailure()
    {
        if (Failed == 0 || Added > 0 || Duplicates > 0)
            return null;
        var (fileName, first) = failures[0];
        if (Failed == 1 && fileName is null)
            return first;
        var detail = fileName is null ? first.Detail : $"{fileName}: {first.Detail}";
        return first with
        {
            Detail = Failed == 1 ? detail : $"None of the {Failed} files was taken. {detail}",
            Errors =
            [
                .. failures
                    .Take(MaxErrors)
                    .Select(failure => new ErrorDetail($"/{failure.FileName}", failure.Failure.Detail)),
            ],
        };
    }

    internal void Fail(string? fileName, Failure failure)
    {
        Failed++;
        if (failures.Count < MaxFailures)
            failures.Add(new UploadFailure(LabelRules.Clean(fileName), failure));
    }

    internal void Take(string id, string label, Split? split, string? fileName, bool isDuplicate)
    {
        if (isDuplicate)
            Duplicates++;
        if (images.Count < MaxImages)
            images.Add(new UploadedImage(id, label, split, fileName, isDuplicate));
    }
}

/// <summary>A file that could not be taken.</summary>
/// <param name="FileName">Its name; null when it has none.</param>
/// <param name="Failure">Why.</param>
public sealed record UploadFailure(string? FileName, Failure Failure);

/// <summary>An image of an upload that is in the data set now.</summary>
/// <param name="Id">SHA-256 of its bytes.</param>
/// <param name="Label">Its class.</param>
/// <param name="Split">Its split; null when none was given.</param>
/// <param name="FileName">Its name; null when it has none.</param>
/// <param name="IsDuplicate">Whether it was there already.</param>
public sealed record UploadedImage(string Id, string Label, Split? Split, string? FileName, bool IsDuplicate);
