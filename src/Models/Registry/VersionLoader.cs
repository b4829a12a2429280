using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Registry.Placement;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>
/// Brings versions into memory and out of it, within the memory budget. When a version needs the memory of others,
/// the least recently used ones that are not leased are unloaded; those that are pinned only if they don't belong here.
/// </summary>
/// <param name="registry">The models.</param>
/// <param name="builder">Builds versions.</param>
/// <param name="store">The stored versions.</param>
/// <param name="budget">The memory that versions may use.</param>
/// <param name="placement">Tells the models that belong on this server.</param>
/// <param name="options">How long requests wait for a version, and drains for requests.</param>
/// <param name="clock">Measures both.</param>
/// <param name="logger">Logs versions that are loaded and unloaded.</param>
internal sealed partial class VersionLoader(
    ModelRegistry registry,
    IModelBuilder builder,
    IModelStore store,
    MemoryBudget budget,
    ModelPlacement placement,
    IOptions<MemoryOptions> options,
    TimeProvider clock,
    ILogger<VersionLoader> logger
)
{
    internal const string UnexpectedError = "An unexpected error occurred; the server's log has the details.";

    /// <summary>
    /// Leases a version, which keeps it in memory until the lease is disposed. Loads the version first when it is not
    /// in memory, and waits for that.
    /// </summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <param name="holder">What holds the lease, as a noun: <c>prediction</c>.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <param name="bucket">
    /// The caller's bucket, by which the model's routes choose the version; null: they don't.
    /// </param>
    /// <returns>
    /// The lease, which the caller disposes; <see cref="ErrorCode.ModelNotReady"/>,
    /// <see cref="ErrorCode.OutOfMemory"/>, or as <see cref="ModelRegistry.Find(string, int?)"/>.
    /// </returns>
    public async Task<Outcome<ModelLease>> LeaseAsync(
        string name,
        int? version,
        string holder,
        CancellationToken cancellationToken,
        int? bucket = null
    )
    {
        var started = clock.GetTimestamp();
        var isRoutable = version is null && bucket is not null;
        while (true)
        {
            if (!registry.Find(name).TryGet(out var entry, out var failure))
                return failure;
            var canary = isRoutable ? entry.Canary : null;
            var routed =
                canary?.Choose(bucket!.Value) is { } choice && choice != entry.Pinned
                    ? entry.FindServable(choice)
                    : null;
            var found = routed;
            if (found is null && !entry.Find(version).TryGet(out found, out failure))
                return failure;
            if (routed is null && version is null && found.Current.IsQuarantined && entry.Pinned != found.Version)
                return found.Quarantined();
            if (found.TryLease(holder, canary) is { } lease)
                return lease;

            // A version that is ready, but gave no lease, has changed in between. One that was removed is replaced.
            var snapshot = found.Current;
            if (snapshot.State == VersionState.Ready || snapshot.IsRemoved)
                continue;
            if (!snapshot.LoadsOnRequest && routed is not null)
                continue;
            if (!snapshot.LoadsOnRequest)
                return found.NotReady();
            var left = options.Value.LoadWait - clock.GetElapsedTime(started);
            try
            {
                await LoadAsync(found).WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock, cancellationToken);
            }
            catch (Exception exception) when (exception is ServingException or TimeoutException && routed is not null)
            {
                // The default version answers in its place.
                isRoutable = false;
            }
            catch (ServingException exception)
            {
                return exception.Failure;
            }
            catch (TimeoutException)
            {
                return found.NotReady();
            }
        }
    }

    /// <summary>Loads a version, if it is not in memory. Simultaneous callers share one load.</summary>
    /// <param name="version">The version.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ModelNotReady"/>: its files are damaged; <see cref="ErrorCode.OutOfMemory"/>.
    /// </exception>
    public Task LoadAsync(ModelVersion version) => version.ShareLoad(() => LoadNowAsync(version, isUse: true));

    /// <summary>
    /// Loads a version at the start of the server, if the budget has room for it without unloading another one. It does
    /// not count as a use of the version.
    /// </summary>
    public async Task LoadIfRoomAsync(ModelVersion version)
    {
        if (budget.HasRoom(DeviceOf(version), version.MemoryBytes))
            await version.ShareLoad(() => LoadNowAsync(version, isUse: false));
    }

    /// <summary>Waits for a drain, for as long as the options say.</summary>
    /// <param name="version">The version.</param>
    /// <param name="draining">Completes when its memory is freed.</param>
    /// <returns>What still holds the version, such as <c>2 predictions</c>; null when its memory is freed.</returns>
    public async Task<string?> WaitForDrainAsync(ModelVersion version, Task draining)
    {
        try
        {
            await draining.WaitAsync(options.Value.DrainWait, clock);
            LogUnloaded(version.Name, version.Version, version.Bytes);
            return null;
        }
        catch (TimeoutException)
        {
            var holders = version.Holders ?? "its worker";
            LogStillUsed(version.Name, version.Version, holders);
            return holders;
        }
    }

    /// <summary>Logs that a version serves, and with what reservations.</summary>
    public void LogIsReady(ModelVersion version)
    {
        var snapshot = version.Current;
        if (snapshot is not { Execution: { } execution, Weights: { } weights, Resolved: { } model })
            return;
        var parameters = model.Analysis.Parameters;
        LogReady(version.Name, version.Version, parameters, execution.Device, execution.Backend, weights.State);
        if (execution.FallbackReason is { } reason)
            LogFallback(version.Name, version.Version, reason);
        if (snapshot.Samples is { Reproduced: false } samples)
            LogNotReproduced(version.Name, version.Version, samples.Differences.Count, samples.Count);
    }

    /// <summary>The device that a version computes on.</summary>
    internal static string DeviceOf(ModelVersion version) =>
        ComputeDevice.Find(version.Resolved.Definition.Device ?? "auto").ToString();

    private async Task LoadNowAsync(ModelVersion version, bool isUse)
    {
        // ShareLoad starts this method under the version's lock: go on without the lock.
        await Task.Yield();
        await version.DrainedAsync();
        if (!version.TryBeginLoading())
            return;
        IDisposable? reserved = null;
        try
        {
            reserved = await ReserveAsync(version, CancellationToken.None);
            var files = version.Current.Files;
            var samples = await store.ReadSamplesAsync(version.Name, version.Version, files, CancellationToken.None);
            var built = await builder.BuildAsync(version, new StoredWeights(), samples, CancellationToken.None);
            var loaded = new VersionInMemory(built, reserved);
            if (version.TryMarkReady(loaded, files, isUse))
                LogIsReady(version);
            else
                await Task.Run(loaded.Dispose);
        }
        catch (ServingException exception) when (exception.Code == ErrorCode.OutOfMemory)
        {
            reserved?.Dispose();
            version.MarkUnloaded(exception.Message);
            throw;
        }
        catch (ServingException exception)
            when (exception is { Code: ErrorCode.StorageUnavailable, Failure.RetryAfter: { } wait })
        {
            reserved?.Dispose();
            version.MarkUnloaded(exception.Message);
            throw new ServingException(version.NotReachable(exception.Message, wait), exception);
        }
        catch (Exception exception)
        {
            reserved?.Dispose();
            LogLoadFailed(exception, version.Name, version.Version);
            version.MarkFailed(exception is ServingException known ? known.Message : UnexpectedError);
            throw new ServingException(version.NotReady());
        }
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

    [LoggerMessage(LogLevel.Warning, "Version {Version} of model {Model} is not unloaded yet: {Holders} still use it")]
    private partial void LogStillUsed(string model, int version, string holders);

    [LoggerMessage(LogLevel.Error, "Version {Version} of model {Model} could not be loaded")]
    private partial void LogLoadFailed(Exception exception, string model, int version);
}
