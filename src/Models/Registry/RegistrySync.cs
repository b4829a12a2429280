using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Registry.Placement;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>
/// Keeps what this server serves equal to a store that servers share. It asks the store for its revision all the time,
/// and brings what others have changed into memory. A version that becomes the default is loaded beside the old
/// default, which answers until enough servers have done so. With a store that one server owns, it does nothing.
/// </summary>
internal sealed partial class RegistrySync : BackgroundService, IStoreSync
{
    // A change waits so many polls for other servers: one that is silent counts as gone after five.
    private const int SettlePolls = 6;

    // What could not be loaded is tried again after so many polls.
    private const int RetryPolls = 5;

    private static readonly TimeSpan SettlePause = TimeSpan.FromMilliseconds(10);

    private readonly ISharedModelStore? shared;
    private readonly ModelRegistry registry;
    private readonly VersionLoader loader;
    private readonly ModelPlacement placement;
    private readonly StorageOptions options;
    private readonly RolloutOptions rollout;
    private readonly TimeProvider clock;
    private readonly ILogger<RegistrySync> logger;
    private readonly SemaphoreSlim turn = new(1, 1); // of catching up
    private readonly SemaphoreSlim hints = new(0);
    private readonly Channel<ModelEntry> preparations = Channel.CreateUnbounded<ModelEntry>();
    private readonly List<Func<long, CancellationToken, Task>> others = [];
    private long wanted = -1;
    private long reached = -1;

    /// <summary>Creates it; it begins when the server starts.</summary>
    public RegistrySync(
        IModelStore store,
        ModelRegistry registry,
        VersionLoader loader,
        ModelPlacement placement,
        IOptions<StorageOptions> options,
        IOptions<RolloutOptions> rollout,
        TimeProvider clock,
        ILogger<RegistrySync> logger
    )
    {
        (shared, this.registry, this.loader) = (store as ISharedModelStore, registry, loader);
        this.placement = placement;
        (this.options, this.rollout, this.clock, this.logger) = (options.Value, rollout.Value, clock, logger);
    }

    /// <summary>Tells that another server deleted a version, or replaced it by one with other weights.</summary>
    public event Action<ModelVersion>? Removed;

    /// <inheritdoc/>
    public void Share(Func<long, CancellationToken, Task> catchUp) => others.Add(catchUp);

    /// <summary>The store's counts for metrics; null with a store that one server owns.</summary>
    public SyncStatistics? Statistics =>
        shared is null
            ? null
            : new SyncStatistics(
                Interlocked.Read(ref wanted),
                Interlocked.Read(ref reached),
                registry.List().Count(entry => entry.Rollout is not null),
                Interlocked.Read(ref late),
                shared.Cache
            );

    /// <inheritdoc/>
    /// <remarks>Nothing is loaded.</remarks>
    public async Task<long> CatchUpAsync(CancellationToken cancellationToken)
    {
        if (shared is null)
            return 0;
        await turn.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                var before = registry.Changes;
                if (await shared.ReadChangesAsync(reached, cancellationToken) is not { } changes)
                    return reached;
                foreach (var catchUp in others)
                    await catchUp(reached, cancellationToken);
                var update = new RegistryUpdate(registry, changes, clock.GetTimestamp());
                if (!registry.TryApply(before, update.Apply))
                    continue;
                if (update.IsComplete)
                    Interlocked.Exchange(ref reached, changes.Revision);
                Finish(update);
                return changes.Revision;
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public Task SettleAsync() => SettleAsync(null);

    /// <summary>
    /// Waits until the other servers have what is stored, or count as gone, and as long until servers answer by a
    /// model's default version.
    /// </summary>
    /// <param name="entry">The model; null: none.</param>
    public async Task SettleAsync(ModelEntry? entry)
    {
        if (shared is null)
            return;
        try
        {
            var revision = await CatchUpAsync(CancellationToken.None);
            var started = clock.GetTimestamp();
            while (
                entry is { IsRemoved: false, Rollout: not null }
                || await shared.CountBehindAsync(revision, entry?.Name, CancellationToken.None) > 0
            )
            {
                if (clock.GetElapsedTime(started) > options.Poll * SettlePolls)
                {
                    LogNotSettled();
                    return;
                }

                if (entry is not null)
                    BeatSoon(); // it hears as soon as a silent server counts as gone
                await Task.Delay(SettlePause, clock);
            }
        }
        catch (ServingException)
        {
            // The change is made; the store is away since.
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (shared is not null)
            await shared.LeaveAsync();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        turn.Dispose();
        hints.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        shared is null
            ? Task.CompletedTask
            : Task.WhenAll(
                FollowAsync(shared, stoppingToken),
                ListenAsync(shared, stoppingToken),
                PrepareAsync(stoppingToken)
            );

    private async Task FollowAsync(ISharedModelStore store, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var found = await BeatAsync(store, stoppingToken);
                Interlocked.Exchange(ref wanted, found);
                placement.SetServers(await store.ReadServersAsync(stoppingToken));
                if (found < reached)
                {
                    // The database was restored from a backup.
                    Interlocked.Exchange(ref reached, -1);
                }

                if (found != reached)
                {
                    await CatchUpAsync(stoppingToken);
                    await BeatAsync(store, stoppingToken);
                }
            }
            catch (ServingException)
            {
                // The store has logged it; what is in memory serves on.
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogBug(exception);
            }

            SwitchDue();
            await hints.WaitAsync(options.Poll, stoppingToken);
        }
    }

    private async Task ListenAsync(ISharedModelStore store, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await store.ListenAsync(BeatSoon, stoppingToken);
            await Task.Delay(options.Poll, clock, stoppingToken);
        }
    }

    // Frees what is served no longer, and has the rest loaded.
    private void Finish(RegistryUpdate update)
    {
        foreach (var version in update.Removed)
        {
            Removed?.Invoke(version);
            if (version.Remove("It was deleted.") is { } draining)
                _ = loader.WaitForDrainAsync(version, draining);
        }

        foreach (var entry in update.Changed)
            preparations.Writer.TryWrite(entry);
        if (update.Changed.Count + update.Removed.Count > 0)
            LogReached(reached, update.Changed.Count, update.Removed.Count);

        // The others wait for what is reached. What is incomplete waits for a build of this server: the next poll looks
        // again, and the end of the build does.
        if (update.IsComplete)
            BeatSoon();
    }

    private void BeatSoon()
    {
        if (hints.CurrentCount == 0)
            hints.Release();
    }

    [LoggerMessage(
        LogLevel.Information,
        "Reached revision {Revision} of the store: {Changed} models were changed elsewhere, {Removed} versions removed"
    )]
    private partial void LogReached(long revision, int changed, int removed);

    [LoggerMessage(LogLevel.Error, "Catching up with the store failed in an unexpected way; it is tried again")]
    private partial void LogBug(Exception exception);

    [LoggerMessage(LogLevel.Warning, "A change is stored, but other servers need longer for it than the limit")]
    private partial void LogNotSettled();
}

/// <summary>How far a server has come, and its cache.</summary>
/// <param name="Wanted">The store's revision, as it was heard last.</param>
/// <param name="Reached">The revision that the server serves.</param>
/// <param name="Rollouts">The number of models whose new default version does not answer yet.</param>
/// <param name="Late">The number of rollouts in which the server has not waited for enough others.</param>
/// <param name="Cache">The counts of its cache.</param>
internal sealed record SyncStatistics(long Wanted, long Reached, int Rollouts, long Late, CacheStatistics Cache);
