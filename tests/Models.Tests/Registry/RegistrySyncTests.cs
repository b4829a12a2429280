using ModelService.Models.Storage;
using ModelService.Models.Tests.Registry.Support;
using ModelService.Models.Tests.Storage;

namespace ModelService.Models.Tests.Registry;

/// <summary>How often a server asks the store that it shares with others.</summary>
public sealed class RegistrySyncTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CatchUp_ModelThatIsBuiltHereToo_AsksTheStoreNoMoreOftenThanThePoll()
    {
        var store = new SharedMemoryStore();
        RegistryHarness own = new(store: store),
            other = new(store: store);
        TaskCompletionSource begun = new(),
            released = new();
        own.Builder.OnBuild = (_, _, _) =>
        {
            begun.TrySetResult();
            return released.Task;
        };
        var creating = own.CreateAsync("pets");
        await begun.Task;
        (await other.CreateAsync("pets")).OrThrow();
        store.Revision = 1;
        store.Reads = 0;

        await own.Sync.StartAsync(Token);
        await Eventually.GetAsync(() => store.Reads, reads => reads > 0);
        await Task.Delay(new StorageOptions().Poll / 2, Token);

        Assert.InRange(store.Reads, 1, 2);
        released.SetResult();
        Assert.NotNull((await creating).Failure);
        await Eventually.GetAsync(() => own.Sync.Statistics!.Reached, reached => reached == 1);
        (await own.LeaseAsync("pets")).OrThrow().Dispose();
        await own.Sync.StopAsync(Token);
    }

    // What is in it is always all new.
    private sealed class SharedMemoryStore : MemoryModelStore, ISharedModelStore
    {
        private int reads;

        public long Revision { get; set; }

        public int Reads
        {
            get => Volatile.Read(ref reads);
            set => Volatile.Write(ref reads, value);
        }

        public Guid Server { get; } = Guid.NewGuid();

        public CacheStatistics Cache { get; } = new(0, 0, 0, 0);

        public Task<StoreBeat> BeatAsync(ServerProgress progress, CancellationToken cancellationToken) =>
            Task.FromResult(new StoreBeat(Revision, [progress], new Dictionary<string, long>()));

        public Task ReleaseAsync(string model, long revision) => Task.CompletedTask;

        public Task<IReadOnlyList<ServerAddress>> ReadServersAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<ServerAddress>>([]);

        public Task LeaveAsync() => Task.CompletedTask;

        public async Task<StoreChanges?> ReadChangesAsync(long since, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref reads);
            if (since == Revision)
                return null;
            await Task.Delay(1, cancellationToken); // as a database takes
            var models = await OpenAsync(cancellationToken);
            return new StoreChanges(
                Revision,
                models,
                models.ToDictionary(
                    model => model.Name,
                    model => (IReadOnlySet<int>)model.Versions.Select(version => version.Version).ToHashSet()
                )
            );
        }

        public Task<long> CountBehindAsync(long revision, string? model, CancellationToken cancellationToken) =>
            Task.FromResult(0L);

        public Task ListenAsync(Action hear, CancellationToken cancellationToken) =>
            Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
