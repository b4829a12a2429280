using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Postgres;

namespace ModelService.Models.Access;

/// <summary>
/// Keeps who changed what: in the database that servers share, or else as lines of the log. Requests don't wait for it:
/// entries are written in the background, and when the server stops, those that are left. While the database is away,
/// they wait; what can't wait is logged instead.
/// </summary>
public sealed partial class AuditTrail : BackgroundService
{
    private const int MostWaiting = 10_000;
    private const int MostAtOnce = 500;

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);

    private readonly AuditTable? table;
    private readonly AuditOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<AuditTrail> logger;
    private readonly Channel<(AuditEntry Entry, long Answered)> waiting = Channel.CreateBounded<(AuditEntry, long)>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true }
    );

    internal AuditTrail(
        IModelStore store,
        IOptions<AuditOptions> options,
        TimeProvider clock,
        ILogger<AuditTrail> logger
    )
    {
        table = (store as PostgresModelStore)?.Audit;
        (this.options, this.clock, this.logger) = (options.Value, clock, logger);
    }

    /// <summary>The number of entries that are still to be written; null without a database.</summary>
    public int? Waiting => table is null ? null : waiting.Reader.Count;

    /// <summary>Adds an entry.</summary>
    /// <param name="entry">The entry; when it was answered is now.</param>
    public void Add(AuditEntry entry)
    {
        if (table is null || !waiting.Writer.TryWrite((entry, clock.GetTimestamp())))
            Log(entry);
    }

    /// <summary>Reads entries, the newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// The entries; <see cref="ErrorCode.NotFound"/> without a database, <see cref="ErrorCode.StorageUnavailable"/>.
    /// </returns>
    public Task<Outcome<IReadOnlyList<AuditEntry>>> ReadAsync(AuditQuery query, CancellationToken cancellationToken) =>
        Outcome.OfAsync<IReadOnlyList<AuditEntry>>(async () =>
            table is not null
                ? await table.ReadAsync(query, cancellationToken)
                : throw new ServingException(
                    ErrorCode.NotFound,
                    "The audit can be read here only when the models are in a database (ModelService:Storage:Kind is "
                        + $"postgres). This server writes it to its log, as lines of {typeof(AuditTrail).FullName}."
                )
        );

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        waiting.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        table is null
            ? Task.CompletedTask
            : Task.WhenAll(WriteAsync(table, stoppingToken), SweepAsync(table, stoppingToken));

    // Ends when the last entry is written, after the server was told to stop.
    private async Task WriteAsync(AuditTable audit, CancellationToken stoppingToken)
    {
        List<(AuditEntry Entry, long Answered)> batch = [];
        while (await waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (batch.Count < MostAtOnce && waiting.Reader.TryRead(out var item))
                batch.Add(item);
            while (!await TryWriteAsync(audit, batch))
            {
                if (stoppingToken.IsCancellationRequested)
                {
                    batch.ForEach(item => Log(item.Entry));
                    break;
                }

                await Task.Delay(Retry, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            batch.Clear();
        }
    }

    private async Task<bool> TryWriteAsync(AuditTable audit, List<(AuditEntry Entry, long Answered)> batch)
    {
        try
        {
            await audit.WriteAsync([.. batch.Select(item => (item.Entry, clock.GetElapsedTime(item.Answered)))]);
            return true;
        }
        catch (ServingException)
        {
            return false; // the database has logged it
        }
    }

    private async Task SweepAsync(AuditTable audit, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SweepInterval, clock);
        do
        {
            try
            {
                await audit.DeleteAsync(options.KeepFor);
            }
            catch (ServingException)
            {
                // In an hour.
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Log(AuditEntry entry) =>
        LogChange(
            entry.Key ?? "anonymous",
            entry.Address ?? "an unknown address",
            entry.Method,
            entry.Path,
            entry.Model ?? "none",
            entry.Status
        );

    [LoggerMessage(
        LogLevel.Information,
        "Audit: {Key} at {Address} sent {ChangeMethod} {ChangePath} (model: {Model}), answered {Status}"
    )]
    private partial void LogChange(
        string key,
        string address,
        string changeMethod,
        string changePath,
        string model,
        int status
    );
}
