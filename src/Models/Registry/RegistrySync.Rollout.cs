using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <content>
/// Changes default versions together with the other servers: each loads the new one, and says in its beats which it has
/// still to load. The first server that hears of enough ready ones releases the change in the store; then each answers
/// by the new version.
/// </content>
internal sealed partial class RegistrySync
{
    private long late; // rollouts that went on without enough servers

    // Says what this server has, and hears what the others have. Returns the store's revision.
    private async Task<long> BeatAsync(ISharedModelStore store, CancellationToken stoppingToken)
    {
        var beat = await store.BeatAsync(Progress(), stoppingToken);
        foreach (var begun in Rollouts())
        {
            var name = begun.Wanted.Name;
            begun.Count(beat.Servers);
            if (!beat.Released.TryGetValue(name, out var released))
                continue; // it has begun since the beat
            if (released < begun.Revision && begun.Ready >= rollout.CountNeeded(begun.Servers))
            {
                await store.ReleaseAsync(name, begun.Revision);
                released = begun.Revision;
            }

            begun.IsReleased = released >= begun.Revision;
        }

        return beat.Revision;
    }

    // What is reached is read first: it has all rollouts up to then.
    private ServerProgress Progress()
    {
        var upTo = Interlocked.Read(ref reached);
        var begun = Rollouts();
        return new ServerProgress(
            upTo,
            [.. begun.Where(rollout => !rollout.IsPrepared).Select(rollout => rollout.Wanted.Name)],
            [.. begun.Select(rollout => rollout.Wanted.Name)]
        );
    }

    private List<Rollout> Rollouts() => [.. registry.List().Select(entry => entry.Rollout).OfType<Rollout>()];

    private void SwitchDue()
    {
        foreach (var entry in registry.List())
        {
            ModelVersion? version = null;
            registry.BetweenChanges(() => version = entry.TrySwitch(IsLate));
            if (version is null)
                continue;
            LogSwitched(entry.Name, version.Version);
            BeatSoon(); // others wait for it
        }
    }

    private bool IsLate(Rollout begun)
    {
        if (clock.GetElapsedTime(begun.Started) < rollout.Limit)
            return false;
        Interlocked.Increment(ref late);
        LogLate(begun.Wanted.Name, begun.Version, begun.Ready, begun.Servers);
        return true;
    }

    // One after another, like the start of the server.
    private async Task PrepareAsync(CancellationToken stoppingToken)
    {
        await foreach (var entry in preparations.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await PrepareAsync(entry);
            }
            catch (ServingException exception)
            {
                LogNotPrepared(entry.Name, exception.Message);

                // What can't be reached now is tried again. The others don't wait for a version that can't be loaded,
                // and the old default answers here meanwhile.
                if (entry.LastingDefault.Current.LoadsOnRequest)
                    _ = PrepareLaterAsync(entry, stoppingToken);
                else if (entry.Rollout is { } begun)
                    MarkPrepared(begun);
            }
        }
    }

    private async Task PrepareLaterAsync(ModelEntry entry, CancellationToken stoppingToken)
    {
        await Task.Delay(options.Poll * RetryPolls, clock, stoppingToken);
        preparations.Writer.TryWrite(entry);
    }

    private async Task PrepareAsync(ModelEntry entry)
    {
        // The default may change again while it is loaded.
        while (entry is { IsRemoved: false, Rollout: { IsPrepared: false } begun })
        {
            if (begun.Wanted.Current.LoadsOnRequest)
                await loader.LoadIfRoomAsync(begun.Wanted);
            MarkPrepared(begun);
        }

        if (!placement.IsHome(entry.Name))
            return;
        foreach (var version in entry.Versions)
        {
            var isWanted = options.Load == "all" || (options.Load == "pinned" && entry.IsChosen(version));
            if (isWanted && !entry.IsRemoved && version.Current is { LoadsOnRequest: true })
                await loader.LoadIfRoomAsync(version);
        }
    }

    private void MarkPrepared(Rollout begun)
    {
        begun.IsPrepared = true;
        BeatSoon();
    }

    [LoggerMessage(LogLevel.Information, "Model {Model} is answered by version {Version} from now on")]
    private partial void LogSwitched(string model, int version);

    [LoggerMessage(
        LogLevel.Warning,
        "Version {Version} of model {Model} answers here, although only {Ready} of {Servers} servers are ready for it: "
            + "the time for that is over"
    )]
    private partial void LogLate(string model, int version, int ready, int servers);

    [LoggerMessage(LogLevel.Warning, "The new default of model {Model} could not be loaded: {Reason}")]
    private partial void LogNotPrepared(string model, string reason);
}
