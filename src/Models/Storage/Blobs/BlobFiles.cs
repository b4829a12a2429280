using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Storage.Blobs;

/// <summary>
/// Files of versions and data sets, in the store that servers share and in this server's cache of it. Thread-safe.
/// </summary>
/// <param name="blobs">The store.</param>
/// <param name="cache">The cache.</param>
/// <param name="logger">Logs why the store can't be used.</param>
internal sealed partial class BlobFiles(IBlobStore blobs, BlobCache cache, ILogger<BlobFiles> logger) : IDisposable
{
    // The files that are read, hashed or copied at once.
    private const int Width = 8;

    // A file that was fetched may leave a small cache for another one before it is opened.
    private const int Attempts = 3;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Lane lane = new(Width);
    private readonly Lock gate = new(); // of fetches
    private readonly Dictionary<string, Task> fetches = [];
    private long hits;
    private long misses;
    private long errors;

    /// <summary>Files that were opened from the cache, those that were not in it, and errors of the store.</summary>
    public (long Hits, long Misses, long Errors) Counts =>
        (Interlocked.Read(ref hits), Interlocked.Read(ref misses), Interlocked.Read(ref errors));

    /// <summary>The store.</summary>
    public IBlobStore Blobs => blobs;

    /// <summary>The cache.</summary>
    public BlobCache Cache => cache;

    /// <summary>
    /// Stores a file: writes it into the cache's folder, uploads it under its SHA-256, and compares what the store then
    /// has. Some stores change what they are given, and answer that all is well.
    /// </summary>
    /// <param name="parts">The file, part by part; each part is valid until the next one is requested.</param>
    /// <param name="announce">Runs before the upload, with the file's size and hash.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The file's size and hash.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public async Task<StoredFile> PutAsync(
        IEnumerable<ReadOnlyMemory<byte>> parts,
        Func<StoredFile, Task> announce,
        CancellationToken cancellationToken
    )
    {
        var staged = cache.NewPath();
        try
        {
            var file = await lane.RunAsync(() => DurableFiles.Write(staged, parts), cancellationToken);
            await announce(file);
            await using (var content = DurableFiles.Open(staged))
                await blobs.PutAsync(file.Sha256, content, cancellationToken);
            await using (var stored = await blobs.OpenAsync(file.Sha256, cancellationToken))
            {
                var found = stored is null ? null : await CopyAsync(stored, Stream.Null, cancellationToken);
                if (found != file)
                    throw new IOException($"The store of blobs changed the file {file.Sha256}.");
            }

            cache.Take(staged, file);
            return file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ServingException(Away(exception, "Nothing was changed."), exception);
        }
        finally
        {
            Discard(staged);
        }
    }

    /// <summary>
    /// Opens a file, after comparing its size and hash. Downloads it first if the cache does not have it.
    /// </summary>
    /// <param name="expected">The file's size and hash.</param>
    /// <param name="code">The error of a file that is missing or damaged.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="comparesHash">
    /// Whether a file in the cache is hashed. It is hashed when it is downloaded in any case; who reads a small part of
    /// a large file, and can tell a damaged one, does without.
    /// </param>
    /// <returns>The file, at its start; the caller disposes it.</returns>
    /// <exception cref="ServingException">
    /// The given code, or <see cref="ErrorCode.StorageUnavailable"/> with a time to try again: the store can't be
    /// reached, the disk of the cache is full, or the cache is too small for what is fetched at once.
    /// </exception>
    public async Task<FileStream> OpenAsync(
        StoredFile expected,
        ErrorCode code,
        CancellationToken cancellationToken,
        bool comparesHash = true
    )
    {
        if (await OpenCachedAsync(expected, comparesHash) is { } cached)
        {
            Interlocked.Increment(ref hits);
            return cached;
        }

        Interlocked.Increment(ref misses);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            await FetchOnceAsync(expected, code).WaitAsync(cancellationToken);
            if (await OpenCachedAsync(expected, comparesHash) is { } fetched)
                return fetched;
        }

        // Nothing is wrong with the file.
        throw new ServingException(
            new Failure(
                ErrorCode.StorageUnavailable,
                $"The file {expected.Sha256} was deleted from the server's cache before it could be opened: others "
                    + "needed the room. Try again in a moment, or raise ModelService:Blobs:CacheBytes."
            )
            {
                RetryAfter = RetryAfter,
            }
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lane.Dispose();
        (blobs as IDisposable)?.Dispose();
    }

    private Task<FileStream?> OpenCachedAsync(StoredFile expected, bool comparesHash) =>
        lane.RunAsync(() =>
        {
            if (cache.TryOpen(expected.Sha256) is not { } file)
                return null;
            try
            {
                if (comparesHash ? DurableFiles.Measure(file) == expected : file.Length == expected.Bytes)
                {
                    file.Position = 0;
                    return file;
                }
            }
            catch (IOException) { }

            // The disk has changed it: it is downloaded again.
            file.Dispose();
            cache.Remove(expected.Sha256);
            return null;
        });

    // Simultaneous callers share one download.
    private Task FetchOnceAsync(StoredFile expected, ErrorCode code)
    {
        lock (gate)
        {
            if (fetches.TryGetValue(expected.Sha256, out var running))
                return running;
            var fetch = FetchAsync(expected, code);
            fetches[expected.Sha256] = fetch;
            return fetch;
        }
    }

    private async Task FetchAsync(StoredFile expected, ErrorCode code)
    {
        await Task.Yield();
        var staged = cache.NewPath();
        try
        {
            // Another download may have ended since the caller looked.
            await using (var cached = cache.TryOpen(expected.Sha256))
            {
                if (cached is not null)
                    return;
            }

            await using (var source = await blobs.OpenAsync(expected.Sha256, CancellationToken.None))
            {
                if (source is null)
                    throw new ServingException(code, $"The store of blobs has no file {expected.Sha256}.");
                await using var file = DurableFiles.Create(staged, 0);
                var found = await CopyAsync(source, file, CancellationToken.None);
                if (found != expected)
                {
                    throw new ServingException(
                        code,
                        $"The file is damaged in the store of blobs: its SHA-256 is {found.Sha256} ({found.Bytes} "
                            + $"bytes), and was {expected.Sha256} ({expected.Bytes} bytes) when it was written."
                    );
                }
            }

            cache.Take(staged, expected);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ServingException(Away(exception, "Try again in a moment."), exception);
        }
        finally
        {
            Discard(staged);
            lock (gate)
                fetches.Remove(expected.Sha256);
        }
    }

    // Copies what remains of a stream, and returns its length and hash.
    private static async Task<StoredFile> CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        const int Part = 1 << 20;
        var buffer = new byte[Part];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long bytes = 0;
        try
        {
            while (await from.ReadAtLeastAsync(buffer, Part, false, cancellationToken) is var read and > 0)
            {
                hash.AppendData(buffer, 0, read);
                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                bytes += read;
            }
        }
        catch (Exception exception) when (exception is not (IOException or OperationCanceledException))
        {
            throw new IOException(exception.Message, exception); // the stores' own exceptions
        }

        return StoredFile.Of(bytes, hash.GetHashAndReset());
    }

    private static void Discard(string staged)
    {
        if (File.Exists(staged))
            File.Delete(staged);
    }

    private Failure Away(Exception exception, string consequence)
    {
        Interlocked.Increment(ref errors);
        LogAway(exception);
        return new Failure(
            ErrorCode.StorageUnavailable,
            $"The store of blobs, or the server's cache of it, can't be used; its log says why. {consequence}"
        )
        {
            RetryAfter = RetryAfter,
        };
    }

    [LoggerMessage(LogLevel.Error, "The store of blobs, or the cache of it, can't be used")]
    private partial void LogAway(Exception exception);
}
