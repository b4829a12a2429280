using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Storage.Blobs;

namespace ModelService.Models.Storage.Postgres;

/// <summary>
/// Deletes blobs that nothing has: of versions and data sets that were deleted, of jobs that are over, and of uploads
/// that were never finished. Every server sweeps once an hour; two don't disturb each other.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="blobs">The blobs.</param>
/// <param name="options">The age at which an orphan is deleted.</param>
/// <param name="storage">Whether the server changes anything.</param>
/// <param name="clock">Measures the time between sweeps.</param>
/// <param name="logger">Logs what was deleted.</param>
internal sealed partial class OrphanSweeper(
    Database database,
    IBlobStore blobs,
    IOptions<BlobOptions> options,
    IOptions<StorageOptions> storage,
    TimeProvider clock,
    ILogger<OrphanSweeper> logger
) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Sweeps once.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The number of blobs that were deleted.</returns>
    internal async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await AdoptAsync(cancellationToken);
        var orphans = await database.ReadAsync(
            connection =>
                connection.RowsAsync(
                    row => row.GetString(0),
                    $"select sha256 from blobs where touched < now() - $1::interval and {BlobRows.IsUnused}",
                    options.Value.OrphanAge
                ),
            cancellationToken
        );
        var deleted = 0;
        foreach (var sha256 in orphans)
        {
            cancellationToken.ThrowIfCancellationRequested();
            deleted += await database.DeleteUnusedBlobAsync(blobs, sha256, options.Value.OrphanAge, cancellationToken);
        }

        if (deleted > 0)
            LogDeleted(deleted);
        return deleted;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (storage.Value.ReadOnly)
            return;
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is IOException or ServingException)
            {
                LogNotSwept(exception);
            }
        }
    }

    // Files without a row: the database is older than they are, as after a backup was restored. They get a row now, and
    // are deleted when that is old.
    private async Task AdoptAsync(CancellationToken cancellationToken)
    {
        var known = (
            await database.ReadAsync(
                connection => connection.RowsAsync(row => row.GetString(0), "select sha256 from blobs"),
                cancellationToken
            )
        ).ToHashSet();
        await foreach (var sha256 in blobs.ListAsync(cancellationToken))
        {
            if (known.Contains(sha256))
                continue;
            await database.ChangeAsync(connection =>
                connection.RunAsync(
                    "insert into blobs (sha256, bytes) values ($1, 0) on conflict (sha256) do nothing",
                    sha256
                )
            );
        }
    }

    [LoggerMessage(LogLevel.Information, "Deleted {Count} blobs that nothing has")]
    private partial void LogDeleted(int count);

    [LoggerMessage(LogLevel.Warning, "Blobs that nothing has can't be deleted now")]
    private partial void LogNotSwept(Exception exception);
}
