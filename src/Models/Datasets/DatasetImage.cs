using ModelService.Models.Datasets.Files;
using ModelService.Models.Errors;

namespace ModelService.Models.Datasets;

/// <summary>An image of a data set, with its label.</summary>
/// <param name="Id">SHA-256 of its bytes, as 64 lower-case hexadecimal digits.</param>
/// <param name="Label">Its class.</param>
/// <param name="Split">Its split, as it was uploaded; null when none was given.</param>
/// <param name="Group">What it shares with other images, such as a person; they stay in one split.</param>
/// <param name="FileName">The name that the client gave it. It is text, and never a path.</param>
/// <param name="Width">Width of the upright picture, in pixels.</param>
/// <param name="Height">Height of the upright picture, in pixels.</param>
/// <param name="Offset">Where its bytes begin in the file of its pack.</param>
/// <param name="Length">The number of its bytes.</param>
public sealed record DatasetImage(
    string Id,
    string Label,
    Split? Split,
    string? Group,
    string? FileName,
    int Width,
    int Height,
    long Offset,
    int Length
)
{
    /// <summary>Whether its bytes were overwritten. Only revisions before the purge list such an image.</summary>
    public bool IsPurged { get; init; }

    /// <summary>
    /// The path of the file with its bytes on this server. With a store that servers share, the file comes when an
    /// image is read, and goes when the cache is full.
    /// </summary>
    public string PackPath => Pack.Path;

    /// <summary>The upload that brought it.</summary>
    internal DatasetPack Pack { get; init; } = DatasetPack.None;

    /// <summary>Its place among the images of the pack, from 0.</summary>
    internal int Row { get; init; }

    /// <summary>Reads its bytes. Those of an upload to another server are brought to the local disk first.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ImageNotFound"/>: it was purged, or its data set was deleted.
    /// <see cref="ErrorCode.DatasetUnavailable"/>: the file is damaged, or can't be read; with a time to try again, the
    /// store of blobs can't be reached.
    /// </exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        var bytes = await Pack.ReadAsync(this, cancellationToken);

        // A purge overwrites the bytes with zeros, perhaps after this revision was taken.
        return !IsPurged && bytes.AsSpan().ContainsAnyExcept((byte)0)
            ? bytes
            : throw new ServingException(ErrorCode.ImageNotFound, $"The bytes of image {Id} were purged.");
    }
}
