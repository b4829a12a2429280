using System.Text.Json.Serialization;
using ModelService.Models.Datasets;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;

namespace ModelService.Api.Contracts;

/// <summary>All data sets.</summary>
/// <param name="Datasets">The data sets, by name.</param>
public sealed record DatasetListResponse(IReadOnlyList<DatasetSummary> Datasets);

/// <summary>A data set in brief.</summary>
/// <param name="Name">The name of the data set.</param>
/// <param name="Revision">The number of the current revision.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="Images">The number of images.</param>
/// <param name="Bytes">The bytes of the images.</param>
/// <param name="CreatedAt">When the data set was created.</param>
/// <param name="ChangedAt">When the current revision was made.</param>
/// <param name="Damage">Why the data set can't be read; absent when it can.</param>
public sealed record DatasetSummary(
    string Name,
    int? Revision,
    int? Classes,
    int? Images,
    long? Bytes,
    DateTimeOffset? CreatedAt,
    DateTimeOffset? ChangedAt,
    string? Damage
)
{
    internal static DatasetSummary Create(DatasetListing listing)
    {
        var current = listing.Current;
        return new DatasetSummary(
            listing.Name,
            current?.Revision,
            current?.Classes.Count,
            current?.Images.Count,
            current?.Bytes,
            current?.Created,
            current?.Changed,
            listing.Damage
        );
    }
}

/// <summary>One revision of a data set.</summary>
/// <param name="Name">The name of the data set.</param>
/// <param name="Revision">
/// The number of the revision. Each change makes the next one, and a revision never changes; 0 is the empty set.
/// </param>
/// <param name="CreatedAt">When the data set was created.</param>
/// <param name="ChangedAt">When this revision was made.</param>
/// <param name="FixedClasses">
/// Whether the classes were given when the data set was created; images of others are then refused.
/// </param>
/// <param name="Classes">The classes, in the order of a model's outputs.</param>
/// <param name="Images">The number of images.</param>
/// <param name="Bytes">The bytes of the images.</param>
/// <param name="Problems">
/// All that is wrong with the data set, or may be. A model can't be trained on a data set with an error.
/// </param>
public sealed record DatasetResponse(
    string Name,
    int Revision,
    DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt,
    bool FixedClasses,
    IReadOnlyList<DatasetClassResponse> Classes,
    int Images,
    long Bytes,
    IReadOnlyList<DatasetProblem> Problems
)
{
    internal static DatasetResponse Create(Dataset dataset)
    {
        var images = dataset.Images.ToLookup(image => image.Label);
        return new DatasetResponse(
            dataset.Name,
            dataset.Revision,
            dataset.Created,
            dataset.Changed,
            dataset.HasFixedClasses,
            [.. dataset.Classes.Select(label => DatasetClassResponse.Create(label, [.. images[label]]))],
            dataset.Images.Count,
            dataset.Bytes,
            dataset.Problems
        );
    }
}

/// <summary>A class of a data set.</summary>
/// <param name="Label">The class.</param>
/// <param name="Images">The number of its images.</param>
/// <param name="Train">Images of the split <c>train</c>.</param>
/// <param name="Val">Images of the split <c>val</c>.</param>
/// <param name="Test">Images of the split <c>test</c>.</param>
/// <param name="NoSplit">Images that were uploaded without a split.</param>
public sealed record DatasetClassResponse(string Label, int Images, int Train, int Val, int Test, int NoSplit)
{
    internal static DatasetClassResponse Create(string label, IReadOnlyList<DatasetImage> images)
    {
        int Count(Split? split) => images.Count(image => image.Split == split);
        return new DatasetClassResponse(
            label,
            images.Count,
            Count(Split.Train),
            Count(Split.Val),
            Count(Split.Test),
            Count(null)
        );
    }
}

/// <summary>A data set that was deleted.</summary>
/// <param name="Name">The name of the data set.</param>
/// <param name="BytesFreed">The bytes of its images, in all revisions.</param>
public sealed record DatasetDeletedResponse(string Name, long BytesFreed);

/// <summary>What an upload did.</summary>
/// <param name="Dataset">The name of the data set.</param>
/// <param name="Revision">
/// Its revision after the upload; absent when no image was taken and there is no data set.
/// </param>
/// <param name="Created">Whether the upload created the data set.</param>
/// <param name="Added">How many images were added.</param>
/// <param name="Duplicates">How many images were there already, or more than once in the upload.</param>
/// <param name="Failed">How many files were not taken.</param>
/// <param name="Images">The images that were added or there already: the first 100.</param>
/// <param name="Failures">The files that were not taken, each with the reason: the first 1,000.</param>
public sealed record DatasetUploadResponse(
    string Dataset,
    int? Revision,
    bool Created,
    int Added,
    int Duplicates,
    int Failed,
    IReadOnlyList<UploadedImageResponse> Images,
    IReadOnlyList<UploadFailureResponse> Failures
)
{
    internal static DatasetUploadResponse Create(string name, UploadResult result)
    {
        var report = result.Report;
        return new DatasetUploadResponse(
            name,
            result.Dataset?.Revision,
            result.IsCreated,
            report.Added,
            report.Duplicates,
            report.Failed,
            [.. report.Images.Select(UploadedImageResponse.Create)],
            [
                .. report.Failures.Select(item => new UploadFailureResponse(
                    item.FileName,
                    item.Failure.Code,
                    item.Failure.Detail
                )),
            ]
        );
    }
}

/// <summary>An image of an upload.</summary>
/// <param name="Id">SHA-256 of its bytes, in hexadecimal.</param>
/// <param name="Label">Its class.</param>
/// <param name="Split">Its split; absent when none was given.</param>
/// <param name="FileName">Its file name; absent when it has none.</param>
/// <param name="Duplicate">Whether it was there already.</param>
public sealed record UploadedImageResponse(string Id, string Label, Split? Split, string? FileName, bool Duplicate)
{
    internal static UploadedImageResponse Create(UploadedImage image) =>
        new(image.Id, image.Label, image.Split, image.FileName, image.IsDuplicate);
}

/// <summary>A file of an upload that was not taken.</summary>
/// <param name="FileName">Its name; absent when it has none.</param>
/// <param name="Code">The code of the error, such as <c>image_undecodable</c>.</param>
/// <param name="Detail">A sentence: what was found, and what is expected.</param>
public sealed record UploadFailureResponse(string? FileName, ErrorCode Code, string Detail);

/// <summary>A page of the images of a data set.</summary>
/// <param name="Dataset">The name of the data set.</param>
/// <param name="Revision">The number of the revision. All pages of a list are of the same one.</param>
/// <param name="Images">The images, in the order of their upload.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; absent on the last one.</param>
public sealed record DatasetImageListResponse(
    string Dataset,
    int Revision,
    IReadOnlyList<DatasetImageResponse> Images,
    string? NextCursor
);

/// <summary>An image of a data set.</summary>
/// <param name="Id">SHA-256 of its bytes, in hexadecimal.</param>
/// <param name="Label">Its class.</param>
/// <param name="Split">Its split; absent when none was given.</param>
/// <param name="Group">What it shares with other images; absent when it has no group.</param>
/// <param name="FileName">The name of its file when it was uploaded; absent when it had none.</param>
/// <param name="Width">Width of the upright picture, in pixels.</param>
/// <param name="Height">Height of the upright picture, in pixels.</param>
/// <param name="Bytes">The number of its bytes.</param>
/// <param name="Purged">Whether its bytes were overwritten since this revision; absent otherwise.</param>
public sealed record DatasetImageResponse(
    string Id,
    string Label,
    Split? Split,
    string? Group,
    string? FileName,
    int Width,
    int Height,
    int Bytes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Purged
)
{
    internal static DatasetImageResponse Create(DatasetImage image) =>
        new(
            image.Id,
            image.Label,
            image.Split,
            image.Group,
            image.FileName,
            image.Width,
            image.Height,
            image.Length,
            image.IsPurged
        );
}

/// <summary>An image after a change, or without an image after its removal.</summary>
/// <param name="Dataset">The name of the data set.</param>
/// <param name="Revision">Its revision after the change.</param>
/// <param name="Image">The image; absent when it was removed.</param>
public sealed record DatasetChangeResponse(string Dataset, int Revision, DatasetImageResponse? Image);
