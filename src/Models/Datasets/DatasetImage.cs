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
/// <param name="PackPath">The path of the file with its bytes.</param>
/// <param name="Offset">Where its bytes begin in that file.</param>
/// <param name="Length">The number of its bytes.</param>
public sealed record DatasetImage(
    string Id,
    string Label,
    Split? Split,
    string? Group,
    string? FileName,
    int Width,
    int Height,
    string PackPath,
    long Offset,
    int Length
)
{
    /// <summary>Whether its bytes were overwritten. Only revisions before the purge list such an image.</summary>
    public bool IsPurged { get; init; }

    /// <summary>The number of its pack, which is the revision that brought it.</summary>
    internal int Pack { get; init; }

    /// <summary>Its place among the images of the pack, from 0.</summary>
    internal int Row { get; init; }

    /// <summary>Reads its bytes from the disk.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ImageNotFound"/>: it was purged, or its data set was deleted.
    /// <see cref="ErrorCode.DatasetUnavailable"/>: the file is damaged or can't be read.
    /// </exception>
    public ReadOnlyMemory<byte> Read()
    {
        var bytes = new byte[Length];
        try
        {
            using var file = File.OpenHandle(PackPath, share: FileShare.ReadWrite | FileShare.Delete);
            for (var read = 0; read < Length; )
            {
                var part = RandomAccess.Read(file, bytes.AsSpan(read), Offset + read);
                if (part == 0)
                    throw new ServingException(ErrorCode.DatasetUnavailable, $"The file with image {Id} is cut short.");
                read += part;
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ServingException(ErrorCode.ImageNotFound, "The data set was deleted.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ServingException(ErrorCode.DatasetUnavailable, $"Image {Id} can't be read.", exception);
        }

        // A purge overwrites the bytes with zeros, perhaps after this revision was taken.
        return !IsPurged && bytes.AsSpan().ContainsAnyExcept((byte)0)
            ? bytes
            : throw new ServingException(ErrorCode.ImageNotFound, $"The bytes of image {Id} were purged.");
    }
}
