using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Registry.Placement;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>
/// Restores the stored models when the server starts. Lists all of them before the first request, then loads them in
/// the background.
/// </summary>
public sealed partial class RegistryStart : BackgroundService
{
    private const int OpenAttempts = 50;
    private static readonly TimeSpan OpenRetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly IModelStore store;
    private readonly ModelRegistry registry;
    private readonly VersionLoader loader;
    private readonly ModelPlacement placement;
    private readonly StorageOptions options;
    private readonly ComputeOptions compute;
    private readonly TimeProvider clock;
    private readonly ILogger<RegistryStart> logger;

    private volatile IReadOnlyList<ModelVersion> waiting = [];

    internal RegistryStart(
        IModelStore store,
        ModelRegistry registry,
        VersionLoader loader,
        ModelPlacement placement,
        IOptions<StorageOptions> options,
        IOptions<ComputeOptions> compute,
        TimeProvider clock,
        ILogger<RegistryStart> logger
    )
    {
        (this.store, this.registry, this.loader, this.placement) = (store, registry, loader, placement);
        (this.options, this.compute, this.clock, this.logger) = (options.Value, compute.Value, clock, logger);
    }

    /// <summary>
    /// The versions that are still to be loaded at the start; the server is ready when there are none.
    /// </summary>
    public IReadOnlyList<ModelVersion> Waiting => waiting;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        NativeRuntime.Prepare(compute);
        registry.Restore(await OpenAsync(cancellationToken), await store.ReadLastUsesAsync());
        if (store is ISharedModelStore shared)
            placement.SetServers(await shared.ReadServersAsync(cancellationToken));
        waiting =
        [
            .. from entry in registry.List()
            where placement.IsHome(entry.Name)
            let preferred = entry.Default
            from version in entry.Versions
            let isChosen = entry.IsChosen(version)
            where version.Current.LoadsOnRequest && (options.Load == "all" || (options.Load == "pinned" && isChosen))
            orderby isChosen descending, version.LastUsed descending, version == preferred descending
            select version,
        ];
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // One after another, so that a request for a version that is not loaded waits for at most one other load.
        await Task.Yield();
        foreach (var version in waiting.ToList())
        {
            if (stoppingToken.IsCancellationRequested)
                return;
            try
            {
                await loader.LoadIfRoomAsync(version);
            }
            catch (ServingException exception)
            {
                LogNotLoaded(version.Name, version.Version, exception.Message);
            }

            waiting = [.. waiting.Where(item => item != version)];
        }
    }

    // Tries again while the store is in use: the server that this one replaces may still be shutting down.
    private async Task<IReadOnlyList<StoredModel>> OpenAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await store.OpenAsync(cancellationToken);
            }
            catch (StoreInUseException) when (attempt < OpenAttempts)
            {
                await Task.Delay(OpenRetryDelay, clock, cancellationToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Version {Version} of model {Model} was not loaded: {Reason}")]
    private partial void LogNotLoaded(string model, int version, string reason);
}
