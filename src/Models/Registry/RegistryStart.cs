using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>Brings back what is kept when the server starts: all is listed before the first request, and loaded beside the requests.</summary>
/// <param name="registry">Where it goes.</param>
/// <param name="budget">How much memory it may take.</param>
/// <param name="meters">Makes the registry's gauges.</param>
/// <param name="options">What is loaded.</param>
/// <param name="compute">What models compute with; holds for the whole process.</param>
/// <param name="clock">Waits for a server that is going down.</param>
/// <param name="logger">Told what isn't loaded.</param>
public sealed partial class RegistryStart(
    ModelRegistry registry,
    MemoryBudget budget,
    IMeterFactory meters,
    IOptions<StorageOptions> options,
    IOptions<ComputeOptions> compute,
    TimeProvider clock,
    ILogger<RegistryStart> logger
) : BackgroundService
{
    private const int ClaimTries = 50;
    private static readonly TimeSpan ClaimPause = TimeSpan.FromMilliseconds(100);

    private volatile IReadOnlyList<ModelVersion> waiting = [];

    /// <summary>The versions that are to be loaded and are not yet; the server is ready when there are none.</summary>
    public IReadOnlyList<ModelVersion> Waiting => waiting;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        NativeRuntime.Prepare(compute.Value);
        await RestoreAsync(cancellationToken);
        _ = new RegistryMetrics(meters, registry, budget);
        waiting =
        [
            .. registry
                .List()
                .SelectMany(entry =>
                    entry.Versions.Select(version =>
                        (
                            Version: version,
                            IsDefault: version == entry.Default,
                            IsPinned: version.Version == entry.Pinned
                        )
                    )
                )
                .Where(item =>
                    item.Version.LoadsOnRequest
                    && (options.Value.Load == "all" || (options.Value.Load == "pinned" && item.IsPinned))
                )
                .OrderByDescending(item => item.IsPinned)
                .ThenByDescending(item => item.IsDefault)
                .Select(item => item.Version),
        ];
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // One after another: a request that wants one that is not loaded waits for one load at most.
        await Task.Yield();
        foreach (var version in waiting.ToList())
        {
            if (stoppingToken.IsCancellationRequested)
                return;
            try
            {
                await registry.LoadIfRoomAsync(version);
            }
            catch (ServingException exception)
            {
                LogNotLoaded(version.Name, version.Version, exception.Message);
            }

            waiting = [.. waiting.Where(item => item != version)];
        }
    }

    // The server that this one takes the place of may not have let go of the folder yet.
    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                registry.Restore();
                return;
            }
            catch (FolderInUseException) when (tries < ClaimTries)
            {
                await Task.Delay(ClaimPause, clock, cancellationToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Version {Version} of model {Model} was not loaded: {Reason}")]
    private partial void LogNotLoaded(string model, int version, string reason);
}
