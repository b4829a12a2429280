using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>A page of the images of a data set.</summary>
public sealed record DatasetImageListResponse
{
    /// <summary>The name of the data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>The number of the revision. All pages of a list are of the same one.</summary>
    public required int Revision { get; init; }

    /// <summary>The images, in the order of their upload.</summary>
    public required IReadOnlyList<DatasetImageResponse> Images { get; init; }

    /// <summary>The <c>cursor</c> of the next page; absent on the last one.</summary>
    public string? NextCursor { get; init; }
}

/// <summary>An image of a data set.</summary>
public sealed record DatasetImageResponse
{
    /// <summary>SHA-256 of its bytes, in hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary>Its class.</summary>
    public required string Label { get; init; }

    /// <summary>What the images of a part of a data set are for.</summary>
    public Split? Split { get; init; }

    /// <summary>What it shares with other images; absent when it has no group.</summary>
    public string? Group { get; init; }

    /// <summary>The name of its file when it was uploaded; absent when it had none.</summary>
    public string? FileName { get; init; }

    /// <summary>Width of the upright picture, in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the upright picture, in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>The number of its bytes.</summary>
    public required int Bytes { get; init; }

    /// <summary>Whether its bytes were overwritten since this revision; absent otherwise.</summary>
    public required bool Purged { get; init; }
}

/// <summary>What an upload did.</summary>
public sealed record DatasetUploadResponse
{
    /// <summary>The name of the data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>Its revision after the upload; absent when no image was taken and there is no data set.</summary>
    public int? Revision { get; init; }

    /// <summary>Whether the upload created the data set.</summary>
    public required bool Created { get; init; }

    /// <summary>How many images were added.</summary>
    public required int Added { get; init; }

    /// <summary>How many images were there already, or more than once in the upload.</summary>
    public required int Duplicates { get; init; }

    /// <summary>How many files were not taken.</summary>
    public required int Failed { get; init; }

    /// <summary>The images that were added or there already: the first 100.</summary>
    public required IReadOnlyList<UploadedImageResponse> Images { get; init; }

    /// <summary>The files that were not taken, each with the reason: the first 1,000.</summary>
    public required IReadOnlyList<UploadFailureResponse> Failures { get; init; }
}

/// <summary>What the images of a part of a data set are for.</summary>
[JsonConverter(typeof(WireEnumConverter<Split>))]
public enum Split
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>train</c>.</summary>
    Train,

    /// <summary>The value <c>val</c>.</summary>
    Val,

    /// <summary>The value <c>test</c>.</summary>
    Test,
}

/// <summary>What changes of an image. A property that is left out stays as it is.</summary>
public sealed record UpdateImageBody
{
    /// <summary>Its new label.</summary>
    public string? Label { get; init; }

    /// <summary>What the images of a part of a data set are for.</summary>
    public Split? Split { get; init; }

    /// <summary>
    /// What it shares with other images, such as a person or a video; they stay together when a split is drawn. Null
    /// for none.
    /// </summary>
    public string? Group { get; init; }
}

/// <summary>A file of an upload that was not taken.</summary>
public sealed record UploadFailureResponse
{
    /// <summary>Its name; absent when it has none.</summary>
    public string? FileName { get; init; }

    /// <summary>
    /// The kind of an error, as a client can act on it. On the wire a code is written in snake_case; the API maps it
    /// to an HTTP status.
    /// </summary>
    public required string Code { get; init; }

    /// <summary>A sentence: what was found, and what is expected.</summary>
    public required string Detail { get; init; }
}

/// <summary>An image of an upload.</summary>
public sealed record UploadedImageResponse
{
    /// <summary>SHA-256 of its bytes, in hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary>Its class.</summary>
    public required string Label { get; init; }

    /// <summary>What the images of a part of a data set are for.</summary>
    public Split? Split { get; init; }

    /// <summary>Its file name; absent when it has none.</summary>
    public string? FileName { get; init; }

    /// <summary>Whether it was there already.</summary>
    public required bool Duplicate { get; init; }
}
