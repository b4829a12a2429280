using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Blobs;

namespace ModelService.Models.Tests.Storage;

/// <summary>Files by their SHA-256, in a store and in a cache of it.</summary>
public sealed class BlobFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("cache-").FullName;
    private readonly FakeBlobs store = new();
    private readonly List<BlobFiles> open = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        open.ForEach(files => files.Dispose());
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Put_StoreThatChangesWhatItIsGiven_IsRefused()
    {
        store.Change = content => [.. "framing"u8, .. content];

        var error = await Assert.ThrowsAsync<ServingException>(() => PutAsync(Open(), "abc"));

        Assert.Equal(ErrorCode.StorageUnavailable, error.Code);
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public async Task Open_FullCache_DropsTheLeastRecentlyUsedAndKeepsFilesInUse()
    {
        var files = Open(limit: 8);
        var (one, two) = (await PutAsync(files, "1111"), await PutAsync(files, "2222"));
        await using var inUse = await files.OpenAsync(one, ErrorCode.WeightsUnreadable, Token);

        var three = await PutAsync(files, "3333");
        await PutAsync(files, "4444");

        Assert.Equal(8, files.Cache.Bytes);
        Assert.True(File.Exists(Path.Combine(folder, one.Sha256)));
        Assert.False(File.Exists(Path.Combine(folder, two.Sha256)));
        Assert.False(File.Exists(Path.Combine(folder, three.Sha256)));
        Assert.Equal("1111", await ReadAsync(inUse));
        await using var again = await files.OpenAsync(two, ErrorCode.WeightsUnreadable, Token);
        Assert.Equal("2222", await ReadAsync(again));
        Assert.Equal((1, 1, 0), files.Counts);
    }

    [Fact]
    public async Task Open_DamagedInTheCache_IsDownloadedAgain()
    {
        var files = Open();
        var file = await PutAsync(files, "abc");
        await File.WriteAllTextAsync(Path.Combine(folder, file.Sha256), "abd", Token);

        await using var opened = await files.OpenAsync(file, ErrorCode.WeightsUnreadable, Token);

        Assert.Equal("abc", await ReadAsync(opened));
    }

    [Fact]
    public async Task Open_ByManyAtOnce_DownloadsOnce()
    {
        var file = await PutAsync(Open(), "abc");
        for (var round = 0; round < 50; round++) // some callers look just before the download ends
        {
            Directory.Delete(folder, recursive: true);
            var files = Open();
            var before = store.Opened;

            await Task.WhenAll(
                Enumerable
                    .Range(0, 20)
                    .Select(async _ =>
                    {
                        await using var opened = await files.OpenAsync(file, ErrorCode.WeightsUnreadable, Token);
                        Assert.Equal("abc", await ReadAsync(opened));
                    })
            );

            Assert.Equal(1, store.Opened - before);
        }
    }

    // While the lane is busy, others take the room of the file between its download and its opening.
    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task Open_FileThatLeavesTheCacheBeforeItIsOpened_IsFetchedAgainAFewTimes(int times, bool isOpened)
    {
        var (one, two) = (await PutAsync(Open(), "1111"), await PutAsync(Open(), "2222"));
        var files = Open(limit: 4);
        files.Cache.Remove(one.Sha256);
        var (fetches, released) = (0, new SemaphoreSlim(0));
        var fetching = new SemaphoreSlim(0);
        store.OnOpen = () =>
        {
            if (fetches++ == times)
                return Task.CompletedTask;
            fetching.Release();
            return released.WaitAsync(Token);
        };
        var opening = files.OpenAsync(one, ErrorCode.WeightsUnreadable, Token);
        for (var time = 0; time < times; time++)
        {
            Assert.True(await fetching.WaitAsync(TimeSpan.FromSeconds(20), Token));
            var held = await HoldLaneAsync(files);
            released.Release();
            await Eventually.GetAsync(() => File.Exists(files.Cache.PathOf(one.Sha256)), exists => exists);
            var path = files.Cache.NewPath();
            await File.WriteAllTextAsync(path, "2222", Token);
            files.Cache.Take(path, two);
            held.Set();
        }

        if (isOpened)
        {
            await using var opened = await opening;
            Assert.Equal("1111", await ReadAsync(opened));
            return;
        }

        var error = await Assert.ThrowsAsync<ServingException>(() => opening);
        Assert.Equal(ErrorCode.StorageUnavailable, error.Code);
        Assert.NotNull(error.Failure.RetryAfter);
    }

    [Fact]
    public async Task Open_StoreAway_SaysWhenToTryAgain()
    {
        var file = await PutAsync(Open(), "abc");
        File.Delete(Path.Combine(folder, file.Sha256));
        var files = Open();
        store.IsAway = true;

        var error = await Assert.ThrowsAsync<ServingException>(() =>
            files.OpenAsync(file, ErrorCode.WeightsUnreadable, Token)
        );
        store.IsAway = false;
        await using var opened = await files.OpenAsync(file, ErrorCode.WeightsUnreadable, Token);

        Assert.Equal(ErrorCode.StorageUnavailable, error.Code);
        Assert.NotNull(error.Failure.RetryAfter);
        Assert.Equal(1, files.Counts.Errors);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("abd")]
    public async Task Open_MissingOrDamagedInTheStore_HasTheGivenCode(string? content)
    {
        var file = await PutAsync(Open(), "abc");
        File.Delete(Path.Combine(folder, file.Sha256));
        store.Set(file.Sha256, content);

        var error = await Assert.ThrowsAsync<ServingException>(() =>
            Open().OpenAsync(file, ErrorCode.WeightsUnreadable, Token)
        );

        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
    }

    [Fact]
    public async Task Cache_NextProcess_HasTheFilesAndNoUnfinishedOnes()
    {
        var file = await PutAsync(Open(), "abc");
        var unfinished = Path.Combine(folder, "unfinished.new");
        await File.WriteAllTextAsync(unfinished, "ab", Token);

        var files = Open();

        Assert.False(File.Exists(unfinished));
        await using var opened = await files.OpenAsync(file, ErrorCode.WeightsUnreadable, Token);
        Assert.Equal((1, 0, 0), files.Counts);
    }

    private BlobFiles Open(long limit = 1 << 20)
    {
        var cache = new BlobCache(folder, limit);
        cache.Open();
        var files = new BlobFiles(store, cache, NullLogger<BlobFiles>.Instance);
        open.Add(files);
        return files;
    }

    // Keeps all threads of the lane busy until the event is set. Nothing is stored.
    private static async Task<ManualResetEventSlim> HoldLaneAsync(BlobFiles files)
    {
        const int Width = 8;
        using var busy = new CountdownEvent(Width);
        var held = new ManualResetEventSlim();
        for (var thread = 0; thread < Width; thread++)
            _ = files.PutAsync(Wait(), _ => Task.CompletedTask, Token);
        await Task.Run(() => busy.Wait(Token), Token);
        return held;

        IEnumerable<ReadOnlyMemory<byte>> Wait()
        {
            busy.Signal();
            held.Wait(Token);
            yield return held.IsSet ? throw new IOException("nothing to store") : default;
        }
    }

    private static Task<StoredFile> PutAsync(BlobFiles files, string content) =>
        files.PutAsync([Encoding.UTF8.GetBytes(content)], _ => Task.CompletedTask, Token);

    private static async Task<string> ReadAsync(Stream file)
    {
        using var reader = new StreamReader(file, leaveOpen: true);
        return await reader.ReadToEndAsync(Token);
    }

    private sealed class FakeBlobs : IBlobStore
    {
        private readonly Dictionary<string, byte[]> blobs = [];

        public bool IsAway { get; set; }

        public int Opened { get; private set; }

        public Func<byte[], byte[]> Change { get; set; } = content => content;

        public Func<Task> OnOpen { get; set; } = () => Task.CompletedTask;

        public void Set(string sha256, string? content)
        {
            if (content is null)
                blobs.Remove(sha256);
            else
                blobs[sha256] = Encoding.UTF8.GetBytes(content);
        }

        public async Task PutAsync(string sha256, FileStream content, CancellationToken cancellationToken)
        {
            using var bytes = new MemoryStream();
            await content.CopyToAsync(bytes, cancellationToken);
            blobs[sha256] = Change(bytes.ToArray());
        }

        public async Task<Stream?> OpenAsync(string sha256, CancellationToken cancellationToken)
        {
            Opened++;
            await OnOpen();
            if (IsAway)
                throw new IOException("away");
            return blobs.TryGetValue(sha256, out var content) ? new MemoryStream(content) : null;
        }

        public Task DeleteAsync(string sha256, CancellationToken cancellationToken)
        {
            blobs.Remove(sha256);
            return Task.CompletedTask;
        }

        public async IAsyncEnumerable<string> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            foreach (var name in blobs.Keys)
                yield return name;
        }

        public StorageSpace? MeasureSpace() => null;
    }
}
