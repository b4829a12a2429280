using ModelService.Models.Datasets.Uploads;

namespace ModelService.Models.Datasets;

/// <summary>What an upload did.</summary>
/// <param name="Dataset">The data set after it; null when no image was taken and there is no data set.</param>
/// <param name="IsCreated">Whether it made the data set.</param>
/// <param name="Report">What became of each file.</param>
public sealed record UploadResult(Dataset? Dataset, bool IsCreated, UploadReport Report);

/// <summary>A data set that was deleted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="BytesFreed">The bytes of its images.</param>
public sealed record DeletedDataset(string Name, long BytesFreed);

/// <summary>What changes of an image.</summary>
/// <param name="Label">Its new label; null keeps it.</param>
public sealed record ImageUpdate(string? Label)
{
    /// <summary>Whether <see cref="Split"/> is its new split.</summary>
    public bool ChangesSplit { get; init; }

    /// <summary>Its new split; null for none.</summary>
    public Split? Split { get; init; }

    /// <summary>Whether <see cref="Group"/> is its new group.</summary>
    public bool ChangesGroup { get; init; }

    /// <summary>Its new group; null for none.</summary>
    public string? Group { get; init; }
}
