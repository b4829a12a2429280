namespace ModelService.Models.Storage;

/// <summary>The room for models.</summary>
/// <param name="FreeBytes">Bytes that the server can still write.</param>
/// <param name="TotalBytes">Bytes that there are in all, with those that are taken.</param>
public sealed record StorageSpace(long FreeBytes, long TotalBytes)
{
    /// <summary>Measures the disk of a folder.</summary>
    /// <param name="folder">The folder's path.</param>
    /// <returns>The disk's room; null when it can't be told.</returns>
    internal static StorageSpace? Measure(string folder)
    {
        try
        {
            var disk = new DriveInfo(folder);
            return new StorageSpace(disk.AvailableFreeSpace, disk.TotalSize);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
