using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>
/// Restores the stored models when the server starts. Lists all of them before the first request, then loads them in
/// the background.
/// </summary>
/// <param name="registry">The registry that gets the models.</param>
/// <param name="budget">The memory that they may use.</param>
/// <param name="meters">Creates the registry's gauges.</param>
/// <param name="options">Which versions are loaded.</param>
/// <param name="compute">How models compute, for the whole process.</param>
/// <param name="clock">Times the wait for a server that is shutting down.</param>
/// <param name="logger">Logs versions that are not loaded.</param>
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
    private const int OpenAttempts = 50;
    private static readonly TimeSpan OpenRetryDelay = TimeSpan.FromMilliseconds(100);

    private volatile IReadOnlyList<ModelVersion> waiting = [];

    /// <summary>
    /// The versions that are still to be loaded at the start; the server is ready when there are none.
    /// </summary>
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
        // One after another, so that a request for a version that is not loaded waits for at most one other load.
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

    // Tries again while the folder is in use: the server that this one replaces may still be shutting down.
    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                registry.Restore();
                return;
            }
            catch (FolderInUseException) when (attempt < OpenAttempts)
            {
                await Task.Delay(OpenRetryDelay, clock, cancellationToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Version {Version} of model {Model} was not loaded: {Reason}")]
    private partial void LogNotLoaded(string model, int version, string reason);
}
