namespace ModelService.Models.Datasets.Uploads;

/// <summary>An upload on the disk, before its images are read.</summary>
/// <param name="File">The file with the bytes of all parts; borrowed.</param>
/// <param name="Parts">Its parts: one, or the files of a form. Each is an image or a zip archive.</param>
/// <param name="Terms">What the client says about all images.</param>
public sealed record DatasetUpload(FileStream File, IReadOnlyList<UploadPart> Parts, UploadTerms Terms)
{
    /// <summary>Whether the client says that it is a zip archive.</summary>
    public bool IsZip { get; init; }
}

/// <summary>A file of an upload.</summary>
/// <param name="FileName">The name that the client gave it.</param>
/// <param name="Label">The label of this image, unless the terms have one; null for none.</param>
/// <param name="Offset">Where its bytes begin.</param>
/// <param name="Length">The number of its bytes.</param>
public sealed record UploadPart(string? FileName, string? Label, long Offset, long Length);

/// <summary>What a client says about all images of an upload.</summary>
/// <param name="Label">Their label; null: an archive's folders are the labels.</param>
/// <param name="Split">Their split; null: that of an archive's folders, or none.</param>
/// <param name="Group">Their group; null for none.</param>
public sealed record UploadTerms(string? Label = null, Split? Split = null, string? Group = null);
