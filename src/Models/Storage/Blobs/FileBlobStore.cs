using System.Runtime.CompilerServices;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Storage.Blobs;

/// <summary>
/// Blobs as files on a volume that servers share: <c>ab/abcd...</c>. A file is written aside and flushed, and then
/// renamed into its place, so that others see it whole or not at all.
/// </summary>
/// <param name="root">The folder.</param>
internal sealed class FileBlobStore(string root) : IBlobStore
{
    private const string Unfinished = ".new";

    /// <inheritdoc/>
    public async Task PutAsync(string sha256, FileStream content, CancellationToken cancellationToken)
    {
        var path = PathOf(sha256);
        var staged = $"{path}.{Guid.NewGuid():N}{Unfinished}";
        try
        {
            DurableFiles.CreateFolder(Path.GetDirectoryName(path)!);
            await using (var file = new FileStream(staged, FileMode.CreateNew, FileAccess.Write))
            {
                await content.CopyToAsync(file, cancellationToken);
                await Task.Run(() => file.Flush(flushToDisk: true), CancellationToken.None);
            }

            File.Move(staged, path, overwrite: true);
            await Task.Run(() => DurableFiles.FlushFolder(Path.GetDirectoryName(path)!), CancellationToken.None);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
        finally
        {
            if (File.Exists(staged))
                File.Delete(staged);
        }
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string sha256, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<Stream?>(DurableFiles.Open(PathOf(sha256)));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            // A volume that is not mounted looks the same as a file that is missing.
            return Directory.Exists(root)
                ? Task.FromResult<Stream?>(null)
                : throw new IOException($"There is no folder {root}.", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string sha256, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(Path.GetDirectoryName(PathOf(sha256))))
                File.Delete(PathOf(sha256));
            return Task.CompletedTask;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (!Directory.Exists(root))
            yield break;
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Path.GetFileName(file) is var name && BlobName.IsOne(name) && file == PathOf(name))
                yield return name;
        }
    }

    /// <inheritdoc/>
    public StorageSpace? MeasureSpace() => Directory.Exists(root) ? StorageSpace.Measure(root) : null;

    private string PathOf(string sha256) => Path.Combine(root, sha256[..2], sha256);
}
