using Microsoft.Extensions.Logging;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <content>Loads and unloads versions, within the memory budget.</content>
public sealed partial class ModelRegistry
{
    /// <summary>Loads a version, if it is not in memory. Simultaneous callers share one load.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ModelNotReady"/>: its files are damaged; <see cref="ErrorCode.OutOfMemory"/>; or as
    /// <see cref="Find(string, int?)"/>.
    /// </exception>
    public async Task<ModelVersion> LoadAsync(string name, int version)
    {
        var found = Find(name, version);
        if (found.State == VersionState.Ready)
            return found;
        if (found.WeightsFile is null || !found.IsKnown)
            throw found.NotReady();
        await LoadAsync(found);
        return found;
    }

    /// <summary>Unloads a version after its running requests have finished. Later requests don't load it.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <returns>The version, and the process's resident bytes before and after.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ModelNotReady"/>: it is being loaded, or can't be served; or as
    /// <see cref="Find(string, int?)"/>.
    /// </exception>
    public async Task<(ModelVersion Version, long Before, long After)> UnloadAsync(string name, int version)
    {
        var found = Find(name, version);
        if (found.State is VersionState.Loading or VersionState.Failed)
            throw found.NotReady();
        var before = Environment.WorkingSet;
        await found.DrainAsync(loadsOnRequest: false, "A client unloaded it.");
        if (found.State == VersionState.Unloaded)
            found.MarkUnloaded(loadsOnRequest: false, "A client unloaded it.");
        LogUnloaded(name, version, found.Bytes);
        return (found, before, Environment.WorkingSet);
    }

    /// <summary>Loads a version if the budget has room for it without unloading another one.</summary>
    internal async Task LoadIfRoomAsync(ModelVersion version)
    {
        var device = ComputeDevice.Find(version.Resolved.Definition.Device ?? "auto").ToString();
        if (budget.HasRoom(device, version.MemoryBytes))
            await LoadAsync(version);
    }

    private Task LoadAsync(ModelVersion version) => version.ShareLoad(() => LoadNowAsync(version));

    private async Task LoadNowAsync(ModelVersion version)
    {
        // ShareLoad starts this method under the version's lock: go on without the lock.
        await Task.Yield();
        await version.DrainedAsync();
        if (version.State == VersionState.Ready)
            return;
        version.MarkLoading();
        IDisposable? reserved = null;
        try
        {
            reserved = await ReserveMemoryAsync(version);
            version.MarkReady(
                await CheckAsync(
                    version,
                    store.ReadSamples(version.Name, version.Version, version.Files),
                    builder.LoadAsync(version, version.WeightsFile!, CancellationToken.None)
                ),
                reserved
            );
            LogIsReady(version);
        }
        catch (ServingException exception) when (exception.Code == ErrorCode.OutOfMemory)
        {
            reserved?.Dispose();
            version.MarkUnloaded(loadsOnRequest: true, exception.Message);
            throw;
        }
        catch (Exception exception)
        {
            reserved?.Dispose();
            LogLoadFailed(exception, version.Name, version.Version);
            version.MarkFailed(
                exception is ServingException known
                    ? known.Message
                    : "An unexpected error occurred; the server's log has the details."
            );
            throw version.NotReady();
        }
    }

    private async Task<BuiltModel> CheckAsync(
        ModelVersion version,
        IReadOnlyList<SampleDefinition>? samples,
        Task<BuiltModel> building
    )
    {
        var built = await building;
        try
        {
            return built with { Samples = await check.RunAsync(version, built.Worker, samples) };
        }
        catch
        {
            built.Worker.Dispose();
            throw;
        }
    }

    private void LogIsReady(ModelVersion version)
    {
        // A version that was deleted while it was being built has not become ready.
        if (version.Execution is not { } execution)
            return;
        LogReady(
            version.Name,
            version.Version,
            version.Resolved.Analysis.Parameters,
            execution.Device,
            execution.Backend,
            version.Weights
        );
        if (execution.FallbackReason is { } reason)
            LogFallback(version.Name, version.Version, reason);
        if (version.Samples is { Reproduced: false } samples)
            LogNotReproduced(version.Name, version.Version, samples.Differences.Count, samples.Count);
    }

    // Reserves memory for a version, and unloads the least recently used versions until there is enough.
    private async Task<IDisposable> ReserveMemoryAsync(ModelVersion version)
    {
        var device = ComputeDevice.Find(version.Resolved.Definition.Device ?? "auto").ToString();
        var bytes = version.MemoryBytes;
        while (true)
        {
            if (budget.TryReserve(device, bytes) is { } reserved)
                return reserved;
            var others = models
                .Values.SelectMany(entry =>
                    entry.Versions.Where(item =>
                        item.Version != entry.Pinned && item != version && item.Execution?.Device == device
                    )
                )
                .OrderBy(item => item.LastUsed)
                .ToList();
            if (bytes <= budget.Limit(device) && await UnloadOneAsync(others))
                continue;
            throw budget.DoesNotFit($"Version {version.Version} of '{version.Name}'", device, bytes);
        }
    }

    // Unloads one version that is not leased; false when there is none. A leased one must stay: it may be the source of
    // the version that needs the memory.
    private async Task<bool> UnloadOneAsync(IReadOnlyList<ModelVersion> candidates)
    {
        if (candidates.FirstOrDefault(item => item.State == VersionState.Draining) is { } draining)
        {
            await draining.DrainedAsync();
            return true;
        }

        foreach (var candidate in candidates.Where(item => item.State == VersionState.Ready))
        {
            const string Reason = "Another version needed its memory; the next request loads it.";
            if (!await candidate.DrainAsync(loadsOnRequest: true, Reason, onlyIdle: true))
                continue;
            LogUnloaded(candidate.Name, candidate.Version, candidate.Bytes);
            return true;
        }

        return false;
    }

    [LoggerMessage(
        LogLevel.Information,
        "Version {Version} of model {Model} is ready: {Parameters} parameters on {Device}, backend {Backend}, "
            + "weights {Weights}"
    )]
    private partial void LogReady(
        string model,
        int version,
        long parameters,
        string device,
        Backend backend,
        WeightsState weights
    );

    [LoggerMessage(
        LogLevel.Warning,
        "Version {Version} of model {Model} computes layer by layer, which is slower: {Reason}"
    )]
    private partial void LogFallback(string model, int version, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "Version {Version} of model {Model} does not reproduce {Differences} of its {Samples} golden samples"
    )]
    private partial void LogNotReproduced(string model, int version, int differences, int samples);

    [LoggerMessage(LogLevel.Information, "Version {Version} of model {Model} was unloaded: {Bytes} bytes")]
    private partial void LogUnloaded(string model, int version, long bytes);

    [LoggerMessage(LogLevel.Error, "Version {Version} of model {Model} could not be loaded")]
    private partial void LogLoadFailed(Exception exception, string model, int version);
}
