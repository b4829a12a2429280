using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using Npgsql;

namespace ModelService.Models.Storage.Postgres;

/// <summary>The PostgreSQL database that servers share. Thread-safe.</summary>
internal sealed partial class Database : IAsyncDisposable
{
    // A connection string's own values come after these, and win. A command that takes too long is given up at once:
    // asking the database to cancel it would take as long again when the network is cut.
    private const string Defaults =
        "Timeout=5;Command Timeout=10;Cancellation Timeout=-1;Application Name=ModelService;";

    // The database ends a change whose server is silent for so long: the server was cut off or has stopped, and the
    // others wait for it. It is less than they wait for a command.
    private const string MostSilence = "5s";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource source;
    private readonly string direct;
    private readonly ILogger<Database> logger;
    private volatile Failure? away;

    /// <summary>Creates the pool of connections; nothing is connected yet.</summary>
    /// <param name="options">How the database is reached.</param>
    /// <param name="logger">Logs why it can't be used.</param>
    public Database(StorageOptions options, ILogger<Database> logger)
    {
        source = NpgsqlDataSource.Create(Defaults + options.Connection);
        direct = $"{Defaults}{options.DirectConnection ?? options.Connection};Pooling=false;Keepalive=5";
        this.logger = logger;
    }

    /// <summary>Why the last command failed; null when it did not.</summary>
    public Failure? LastFailure => away;

    /// <summary>Reads, in one snapshot of the database.</summary>
    /// <param name="read">Reads with the connection.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public async Task<T> ReadAsync<T>(
        Func<NpgsqlConnection, Task<T>> read,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var snapshot = await connection.BeginTransactionAsync(
                System.Data.IsolationLevel.RepeatableRead,
                cancellationToken
            );
            var result = await read(connection);
            Succeed();
            return result;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            throw new ServingException(Away(exception, "Try again in a moment."), exception);
        }
    }

    /// <summary>
    /// Makes a change in one transaction. It is made when this completes, and else it is not. It may take as long as
    /// its commands do, and little beside them: what it has locked is free again when the server falls silent.
    /// </summary>
    /// <param name="change">Makes the change, with the connection.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.StorageUnavailable"/>. If the connection is lost during the commit, nobody knows whether
    /// the change was made, and the message says so.
    /// </exception>
    public async Task<T> ChangeAsync<T>(Func<NpgsqlConnection, Task<T>> change)
    {
        var isCommitting = false;
        try
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.RunAsync($"set local idle_in_transaction_session_timeout = '{MostSilence}'");
            var result = await change(connection);
            isCommitting = true;
            await transaction.CommitAsync();
            Succeed();
            return result;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            throw new ServingException(
                Away(
                    exception,
                    isCommitting && exception is not PostgresException
                        ? "The connection was lost while the change was stored, so it may have been made or not: look, "
                            + "before you try again."
                        : "Nothing was changed."
                ),
                exception
            );
        }
    }

    /// <summary>
    /// Raises the revision, and tells the other servers at the commit. The first step of a change: it waits until no
    /// other change is under way. What follows may not take long.
    /// </summary>
    /// <returns>The new revision.</returns>
    public static async Task<long> RaiseRevisionAsync(NpgsqlConnection connection)
    {
        await using var command = connection.Command(
            $"""
            with raised as (update revision set value = value + 1 returning value)
            select value, pg_notify('{Channel}', value::text) from raised
            """
        );
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return reader.GetInt64(0);
    }

    /// <summary>Has all servers ask the database at the commit.</summary>
    public static Task NotifyAsync(NpgsqlConnection connection) =>
        connection.ValueAsync($"select pg_notify('{Channel}', '')");

    /// <summary>Listens for changes, until the connection is lost or the token fires.</summary>
    /// <param name="hear">Runs when a change was made, and once when listening begins.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task ListenAsync(Action hear, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(direct);
            connection.Notification += (_, _) => hear();
            await connection.OpenAsync(cancellationToken);
            await using (var listen = connection.Command($"listen {Channel}"))
                await listen.ExecuteNonQueryAsync(cancellationToken);
            hear();
            while (true)
                await connection.WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // Servers ask for changes all the same; whoever calls this tries again.
        }
    }

    /// <summary>Closes the connections that nobody uses.</summary>
    public void Clear() => source.Clear();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();

    private const string Channel = "model_service";

    private void Succeed()
    {
        if (Interlocked.Exchange(ref away, null) is not null)
            LogBack();
    }

    private Failure Away(Exception exception, string consequence)
    {
        const string Detail = "The database of the models can't be used; the server's log says why.";
        var failure = new Failure(ErrorCode.StorageUnavailable, $"{Detail} {consequence}") { RetryAfter = RetryAfter };
        var first = new Failure(ErrorCode.StorageUnavailable, Detail) { RetryAfter = RetryAfter };
        if (Interlocked.Exchange(ref away, first) is null)
            LogAway(exception);
        return failure;
    }

    [LoggerMessage(LogLevel.Error, "The database of the models can't be used; models are served, but not changed")]
    private partial void LogAway(Exception exception);

    [LoggerMessage(LogLevel.Information, "The database of the models can be used again")]
    private partial void LogBack();
}
