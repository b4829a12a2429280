using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>
/// Stores the order in which versions were used last, so that the next start of the server loads the last used ones
/// first: every few minutes if it has changed, and when the server stops.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="registry">The models.</param>
/// <param name="clock">Measures the interval.</param>
/// <param name="logger">Logs an order that can't be stored.</param>
internal sealed partial class LastUseRecorder(
    IModelStore store,
    ModelRegistry registry,
    TimeProvider clock,
    ILogger<LastUseRecorder> logger
) : BackgroundService
{
    /// <summary>The time between two writes: a server that is killed forgets the uses of at most this time.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new(); // of the write at the end
    private IReadOnlyList<ModelReference> stored = [];
    private Task? lastWrite;

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // A host that is stopped twice at once must not be disposed by one while the other still writes.
        Task write;
        lock (gate)
            write = lastWrite ??= StoreAsync();
        await write;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await StoreAsync();
    }

    private async Task StoreAsync()
    {
        var versions = registry.ListByLastUse();
        if (versions.SequenceEqual(stored))
            return;
        try
        {
            await store.PutLastUsesAsync(versions);
            stored = versions;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ServingException)
        {
            LogNotStored(exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The order in which versions were used last can't be stored")]
    private partial void LogNotStored(Exception exception);
}
