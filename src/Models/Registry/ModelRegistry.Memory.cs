using Microsoft.Extensions.Logging;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <content>What is in memory.</content>
public sealed partial class ModelRegistry
{
    /// <summary>Brings a version into memory, if it isn't there. Those who ask at once share one load.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <exception cref="ServingException"><see cref="Find(string, int?)"/>'s, <see cref="ErrorCode.ModelNotReady"/> (its files are damaged), <see cref="ErrorCode.OutOfMemory"/>.</exception>
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

    /// <summary>Takes a version out of memory; what runs is finished, and no request brings it back.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <returns>The version, and the process's resident bytes before and after.</returns>
    /// <exception cref="ServingException"><see cref="Find(string, int?)"/>'s, or <see cref="ErrorCode.ModelNotReady"/>: it is being loaded, or was never made.</exception>
    public async Task<(ModelVersion Version, long Before, long After)> UnloadAsync(string name, int version)
    {
        var found = Find(name, version);
        if (found.State is VersionState.Loading or VersionState.Failed)
            throw found.NotReady();
        var before = ProcessMemory.ResidentBytes;
        await found.DrainAsync(loadsOnRequest: false, "A client unloaded it.");
        if (found.State == VersionState.Unloaded)
            found.MarkUnloaded(loadsOnRequest: false, "A client unloaded it.");
        LogUnloaded(name, version, found.Bytes);
        return (found, before, ProcessMemory.ResidentBytes);
    }

    /// <summary>Loads what isn't in memory, unless the budget is used up: nothing is unloaded for it.</summary>
    internal async Task LoadIfRoomAsync(ModelVersion version)
    {
        var device = ComputeDevice.Find(version.Resolved.Definition.Device ?? "auto").ToString();
        if (version.MemoryBytes <= budget.Limit(device) - budget.Used(device))
            await LoadAsync(version);
    }

    private Task LoadAsync(ModelVersion version) => version.ShareLoad(() => LoadNowAsync(version));

    private async Task LoadNowAsync(ModelVersion version)
    {
        // Not under the lock that the loads of one version share.
        await Task.Yield();
        await version.DrainedAsync();
        if (version.State == VersionState.Ready)
            return;
        version.MarkLoading();
        IDisposable? room = null;
        try
        {
            room = await MakeRoomAsync(version);
            version.MarkReady(
                await CheckAsync(
                    version,
                    store.ReadSamples(version.Name, version.Version, version.Files),
                    builder.LoadAsync(version, version.WeightsFile!, CancellationToken.None)
                ),
                room
            );
            LogIsReady(version);
        }
        catch (ServingException exception) when (exception.Code == ErrorCode.OutOfMemory)
        {
            room?.Dispose();
            version.MarkUnloaded(loadsOnRequest: true, exception.Message);
            throw;
        }
        catch (Exception exception)
        {
            room?.Dispose();
            LogLoadFailed(exception, version.Name, version.Version);
            version.MarkFailed(
                exception is ServingException known
                    ? known.Message
                    : "Something went wrong in the server; its log says what."
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
        // Removed while it was being built, it never came into memory.
        if (version.Execution is not { } computing)
            return;
        LogReady(
            version.Name,
            version.Version,
            version.Resolved.Analysis.Parameters,
            computing.Device,
            computing.Backend,
            version.Weights
        );
        if (computing.FallbackReason is { } reason)
            LogNoPlan(version.Name, version.Version, reason);
        if (version.Samples is { Reproduced: false } samples)
            LogNotReproduced(version.Name, version.Version, samples.Differences.Count, samples.Count);
    }

    // Unloads what was used longest ago, until there is room.
    private async Task<IDisposable> MakeRoomAsync(ModelVersion version)
    {
        var device = ComputeDevice.Find(version.Resolved.Definition.Device ?? "auto").ToString();
        var bytes = version.MemoryBytes;
        while (true)
        {
            if (budget.TryTake(device, bytes) is { } room)
                return room;
            var others = models
                .Values.SelectMany(entry =>
                    entry.Versions.Where(item =>
                        item.Version != entry.Pinned && item != version && item.Execution?.Device == device
                    )
                )
                .OrderBy(item => item.LastUsed)
                .ToList();
            if (bytes <= budget.Limit(device) && await FreeOneAsync(others))
                continue;
            throw budget.DoesNotFit($"Version {version.Version} of '{version.Name}'", device, bytes);
        }
    }

    // Those in use are left alone: one of them may be what the waiting one is made from.
    private async Task<bool> FreeOneAsync(IReadOnlyList<ModelVersion> candidates)
    {
        if (candidates.FirstOrDefault(item => item.State == VersionState.Draining) is { } draining)
        {
            await draining.DrainedAsync();
            return true;
        }

        foreach (var victim in candidates.Where(item => item.State == VersionState.Ready))
        {
            if (
                !await victim.DrainAsync(
                    loadsOnRequest: true,
                    "Others needed its memory; its next request brings it back.",
                    onlyIdle: true
                )
            )
            {
                continue;
            }

            LogUnloaded(victim.Name, victim.Version, victim.Bytes);
            return true;
        }

        return false;
    }

    [LoggerMessage(
        LogLevel.Information,
        "Model {Model} version {Version} is ready: {Parameters} parameters on {Device}, by its {Route}, weights {Weights}"
    )]
    private partial void LogReady(
        string model,
        int version,
        long parameters,
        string device,
        Backend route,
        WeightsState weights
    );

    [LoggerMessage(
        LogLevel.Warning,
        "Model {Model} version {Version} computes by its module, which is slower: {Reason}"
    )]
    private partial void LogNoPlan(string model, int version, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "Model {Model} version {Version} does not reproduce {Differences} of its {Samples} samples"
    )]
    private partial void LogNotReproduced(string model, int version, int differences, int samples);

    [LoggerMessage(LogLevel.Information, "Model {Model} version {Version} is out of memory: {Bytes} bytes")]
    private partial void LogUnloaded(string model, int version, long bytes);

    [LoggerMessage(LogLevel.Error, "Model {Model} version {Version} could not be loaded")]
    private partial void LogLoadFailed(Exception exception, string model, int version);
}
