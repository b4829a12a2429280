using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Storage.Blobs;

/// <summary>
/// Copies of blobs on the local disk, bounded in bytes: the least recently used ones are deleted, but none that is in
/// use. A cache is one process's own; it outlasts the process. Thread-safe.
/// </summary>
internal sealed class BlobCache
{
    private const string Unfinished = ".new";

    private readonly string folder;
    private readonly long limit;
    private readonly Lock gate = new(); // of all below
    private readonly Dictionary<string, Entry> entries = [];
    private long bytes;
    private long uses; // a clock of uses

    /// <summary>Creates a cache over a folder; <see cref="Open"/> reads it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="limit">The most bytes.</param>
    public BlobCache(string folder, long limit) => (this.folder, this.limit) = (folder, limit);

    /// <summary>Bytes of all files in the cache.</summary>
    public long Bytes
    {
        get
        {
            lock (gate)
                return bytes;
        }
    }

    /// <summary>Finds the files that an earlier process left, and deletes those that it did not finish.</summary>
    public void Open()
    {
        DurableFiles.CreateFolder(folder);
        lock (gate)
        {
            (bytes, uses) = (0, 0);
            entries.Clear();
            foreach (var file in new DirectoryInfo(folder).GetFiles().OrderBy(file => file.LastWriteTimeUtc))
            {
                if (file.Name.EndsWith(Unfinished, StringComparison.Ordinal))
                    file.Delete();
                else if (BlobName.IsOne(file.Name))
                    Add(file.Name, file.Length);
            }

            Shrink();
        }
    }

    /// <summary>A new path for a file that is being written.</summary>
    public string NewPath() => Path.Combine(folder, $"{Guid.NewGuid():N}{Unfinished}");

    /// <summary>Takes a file that was written at a new path, and makes room for it.</summary>
    /// <param name="path">The path.</param>
    /// <param name="file">The file's size and hash, which the caller has compared.</param>
    public void Take(string path, StoredFile file)
    {
        lock (gate)
        {
            File.Move(path, PathOf(file.Sha256), overwrite: true);
            if (!entries.ContainsKey(file.Sha256))
                Add(file.Sha256, file.Bytes);
            entries[file.Sha256].LastUse = ++uses;
            Shrink(except: file.Sha256);
        }
    }

    /// <summary>Opens a file; null when it is not in the cache.</summary>
    /// <param name="sha256">The file's SHA-256, which the caller compares.</param>
    public FileStream? TryOpen(string sha256)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(sha256, out var entry))
                return null;
            try
            {
                var file = new CachedFile(PathOf(sha256), () => Release(entry));
                entry.Users++;
                entry.LastUse = ++uses;
                return file;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Forget(sha256, entry); // somebody deleted it
                return null;
            }
        }
    }

    /// <summary>The SHA-256 of all files.</summary>
    public string[] List()
    {
        lock (gate)
            return [.. entries.Keys];
    }

    /// <summary>Deletes a file that is damaged, or that nothing has any more. Who has it open reads on.</summary>
    /// <param name="sha256">The name that it has.</param>
    public void Remove(string sha256)
    {
        lock (gate)
        {
            if (entries.TryGetValue(sha256, out var entry))
                Delete(sha256, entry);
        }
    }

    /// <summary>Where a file is when it is in the cache.</summary>
    /// <param name="sha256">The file's SHA-256.</param>
    public string PathOf(string sha256) => Path.Combine(folder, sha256);

    private void Add(string sha256, long size)
    {
        entries[sha256] = new Entry(size) { LastUse = ++uses };
        bytes += size;
    }

    private void Release(Entry entry)
    {
        lock (gate)
        {
            entry.Users--;
            Shrink();
        }
    }

    private void Shrink(string? except = null)
    {
        if (bytes <= limit)
            return;
        var idle = entries.Where(pair => pair.Value.Users == 0 && pair.Key != except);
        foreach (var (sha256, entry) in idle.OrderBy(pair => pair.Value.LastUse).ToList())
        {
            if (bytes <= limit)
                return;
            Delete(sha256, entry);
        }
    }

    private void Delete(string sha256, Entry entry)
    {
        try
        {
            File.Delete(PathOf(sha256));
            Forget(sha256, entry);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It still takes its room; the next shrink tries again.
        }
    }

    private void Forget(string sha256, Entry entry)
    {
        if (entries.Remove(sha256))
            bytes -= entry.Bytes;
    }

    private sealed class Entry(long bytes)
    {
        public long Bytes { get; } = bytes;

        public int Users { get; set; }

        public long LastUse { get; set; }
    }

    // Tells when it is closed.
    private sealed class CachedFile(string path, Action release)
        : FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read | FileShare.Delete,
            bufferSize: 0,
            FileOptions.SequentialScan | FileOptions.Asynchronous
        )
    {
        private Action? release = release;

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            Interlocked.Exchange(ref release, null)?.Invoke();
        }
    }
}
