using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Blobs;

namespace ModelService.Models.Datasets.Files;

/// <summary>
/// The images of one upload: a folder with their list, their signatures and their bytes. With a store that servers
/// share, the bytes are a blob instead. Thread-safe.
/// </summary>
/// <param name="revision">The revision that the upload made, which is its number.</param>
/// <param name="folder">The path of the folder.</param>
/// <param name="blobs">The blobs of the store that servers share; null when the bytes are in the folder.</param>
internal sealed class DatasetPack(int revision, string folder, BlobFiles? blobs)
{
    private const int Attempts = 3;

    private volatile StoredFile? blob;
    private volatile bool isDeleted;

    /// <summary>The pack of an image that is in no data set.</summary>
    public static DatasetPack None { get; } = new(0, "", null);

    /// <summary>The revision that the upload made, which is its number.</summary>
    public int Revision => revision;

    /// <summary>The path of the folder.</summary>
    public string Folder => folder;

    /// <summary>The path of the file with the bytes, on this server.</summary>
    public string Path =>
        blob is { } stored ? blobs!.Cache.PathOf(stored.Sha256) : System.IO.Path.Combine(folder, PackWriter.Images);

    /// <summary>The path of the signatures.</summary>
    public string Signatures => System.IO.Path.Combine(folder, PackWriter.Signatures);

    /// <summary>The path of the list of the images.</summary>
    public string Index => System.IO.Path.Combine(folder, PackWriter.Index);

    /// <summary>The blob with the bytes; null when they are in the folder.</summary>
    public StoredFile? Blob => blob;

    /// <summary>
    /// The bytes are another blob now. The earlier one had images that were purged: it leaves the disk.
    /// </summary>
    /// <param name="stored">The blob.</param>
    public void Replace(StoredFile stored)
    {
        var before = blob;
        blob = stored;
        if (before is not null && before != stored)
            blobs!.Cache.Remove(before.Sha256);
    }

    /// <summary>Its data set was deleted: the bytes leave the disk, and nobody reads them any more.</summary>
    public void Delete()
    {
        isDeleted = true;
        if (blob is { } stored)
            blobs!.Cache.Remove(stored.Sha256);
    }

    /// <summary>Reads the bytes of an image; of one that was purged, zeros.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException">As of <see cref="DatasetImage.ReadAsync"/>.</exception>
    public async ValueTask<byte[]> ReadAsync(DatasetImage image, CancellationToken cancellationToken)
    {
        try
        {
            if (blob is not null)
                return await TryAsync(stored => ReadAsync(stored, image, cancellationToken));
            using var file = File.OpenHandle(Path, share: FileShare.ReadWrite | FileShare.Delete);
            return Read(file, image);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Deleted(exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ServingException(ErrorCode.DatasetUnavailable, $"Image {image.Id} can't be read.", exception);
        }
    }

    private async Task<byte[]> ReadAsync(StoredFile stored, DatasetImage image, CancellationToken cancellationToken)
    {
        await using var file = await blobs!.OpenAsync(
            stored,
            ErrorCode.DatasetUnavailable,
            cancellationToken,
            comparesHash: false
        );
        var bytes = Read(file.SafeFileHandle, image);
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) == image.Id || !bytes.AsSpan().ContainsAnyExcept((byte)0))
            return bytes;

        // The disk has changed it: it is downloaded again.
        blobs.Cache.Remove(stored.Sha256);
        throw new ServingException(ErrorCode.DatasetUnavailable, $"The bytes of image {image.Id} are damaged.");
    }

    // Tries again: the blob may be replaced, or leave the cache, while it is opened.
    private async Task<T> TryAsync<T>(Func<StoredFile, Task<T>> read)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (isDeleted)
                throw Deleted();
            try
            {
                return await read(blob!);
            }
            catch (ServingException exception) when (exception.Code == ErrorCode.StorageUnavailable)
            {
                throw new ServingException(exception.Failure with { Code = ErrorCode.DatasetUnavailable }, exception);
            }
            catch (ServingException) when (attempt < Attempts) { }
        }
    }

    private static byte[] Read(SafeFileHandle file, DatasetImage image)
    {
        var bytes = new byte[image.Length];
        for (var read = 0; read < bytes.Length; )
        {
            var part = RandomAccess.Read(file, bytes.AsSpan(read), image.Offset + read);
            if (part == 0)
            {
                throw new ServingException(
                    ErrorCode.DatasetUnavailable,
                    $"The file with image {image.Id} is cut short."
                );
            }

            read += part;
        }

        return bytes;
    }

    private static ServingException Deleted(Exception? cause = null) =>
        new(ErrorCode.ImageNotFound, "The data set was deleted.", cause);
}
