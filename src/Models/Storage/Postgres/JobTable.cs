using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Storage.Blobs;
using Npgsql;

namespace ModelService.Models.Storage.Postgres;

/// <summary>
/// Long work that servers share out among themselves, each job a row. One server at a time has the lease of a job. It
/// ends by the database's clock unless it is renewed; then another server takes the job. All that the server of a job
/// writes names the number of its lease, in the same transaction, so that one that has lost it changes nothing. Thread-
/// safe. Methods throw a <see cref="ServingException"/>, <see cref="ErrorCode.StorageUnavailable"/>, when the database
/// or the blobs can't be used, and those with a lease a <see cref="LeaseLostException"/>.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="blobs">The files of jobs.</param>
/// <param name="options">How often leases are renewed.</param>
internal sealed partial class JobTable(Database database, BlobFiles blobs, IOptions<StorageOptions> options)
{
    // A lease outlasts so many renewals that fail or come late.
    private const int MissedPolls = 10;

    // Whether somebody may take the job.
    private const string Free = "(state = 'queued' or (state = 'running' and lease_until < now()))";

    /// <summary>The time from one renewal to the next.</summary>
    public TimeSpan Poll => options.Value.Poll;

    private TimeSpan LeaseTime => Poll * MissedPolls;

    /// <summary>Takes a job that waits, or whose server has not renewed its lease.</summary>
    /// <param name="kind">The kind of job.</param>
    /// <param name="except">Ids of jobs that are left to other servers.</param>
    /// <returns>The job; null when there is none.</returns>
    public Task<TakenJob?> TakeAsync(string kind, params string[] except) =>
        database.ChangeAsync(async connection =>
        {
            // Those that were interrupted first, as after a restart of a server that has its own.
            var taken = await connection.RowsAsync(
                row => new TakenJob(
                    new JobLease(row.GetString(0), row.GetInt64(1)),
                    row.GetString(2),
                    row.GetInt32(3),
                    row.GetBoolean(4),
                    row.GetBoolean(5),
                    row.GetInt64(6),
                    new Dictionary<string, StoredFile>()
                ),
                $"""
                with free as (
                    select id, state = 'queued' as is_new, lease_until > '-infinity' as is_takeover from jobs
                    where kind = $1 and id <> all($4) and {Free}
                    order by state = 'queued', created limit 1 for update skip locked
                )
                update jobs
                set state = 'running', lease = lease + 1, lease_until = now() + $2::interval, owner = $3,
                    attempts = attempts + 1
                from free where jobs.id = free.id
                returning jobs.id, lease, record, attempts, is_new, not is_new and is_takeover, events
                """,
                kind,
                LeaseTime,
                Environment.MachineName,
                except
            );
            if (taken is not [var job])
                return null;
            var files = await connection.RowsAsync(
                row => (Name: row.GetString(0), File: new StoredFile(row.GetInt64(1), row.GetString(2))),
                "select name, bytes, sha256 from job_files join blobs on sha256 = file where job = $1",
                job.Lease.Job
            );
            return job with { Files = files.ToDictionary(item => item.Name, item => item.File) };
        });

    /// <summary>Renews a lease, and stores how far the job is.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="record">What the job is.</param>
    /// <param name="progress">How far it is; null: as it was.</param>
    /// <param name="first">The number of the first of the events.</param>
    /// <param name="events">Events to add; those that are stored already are skipped.</param>
    public Task<JobRenewal> RenewAsync(
        JobLease lease,
        string record,
        string? progress,
        long first,
        IReadOnlyList<string> events
    ) =>
        database.ChangeAsync(async connection =>
        {
            var rows = await connection.RowsAsync(
                row => new JobRenewal(row.IsDBNull(0) ? null : row.GetString(0), row.GetInt64(1), IsOver: false),
                """
                update jobs set lease_until = now() + $3::interval, record = $4, progress = coalesce($5, progress)
                where id = $1 and lease = $2 and state = 'running'
                returning wish, events
                """,
                lease.Job,
                lease.Number,
                LeaseTime,
                record,
                progress
            );
            if (rows is not [var renewal])
            {
                await ThrowIfLostAsync(connection, lease);
                return new JobRenewal(null, 0, IsOver: true);
            }

            var fresh = events.Skip((int)Math.Clamp(renewal.Events - first + 1, 0, events.Count)).ToList();
            if (fresh.Count == 0)
                return renewal;
            var last = renewal.Events + fresh.Count;
            await connection.RunAsync(
                "insert into job_events (job, last, lines) values ($1, $2, $3)",
                lease.Job,
                last,
                string.Join('\n', fresh)
            );
            await connection.RunAsync("update jobs set events = $2 where id = $1", lease.Job, last);
            return renewal with { Events = last };
        });

    /// <summary>Gives a job back that is not over: another server goes on with it at once.</summary>
    /// <param name="lease">The lease, which ends.</param>
    /// <param name="hasBegun">Whether work on it has begun, now or earlier. If not, it waits as before.</param>
    public Task ReleaseAsync(JobLease lease, bool hasBegun = true) =>
        database.ChangeAsync(connection =>
            connection.RunAsync(
                """
                update jobs
                set state = case when $3 then state else 'queued' end, lease_until = '-infinity',
                    attempts = attempts - 1
                where id = $1 and lease = $2 and state = 'running'
                """,
                lease.Job,
                lease.Number,
                hasBegun
            )
        );

    /// <summary>Ends a job.</summary>
    /// <param name="lease">The lease, which ends with it.</param>
    /// <param name="record">How it has ended.</param>
    public Task EndAsync(JobLease lease, string record) =>
        database.ChangeAsync(async connection =>
        {
            if (!await TryEndAsync(connection, lease, record))
                await ThrowIfLostAsync(connection, lease);
            return true;
        });

    /// <summary>Ends a job as a part of a transaction.</summary>
    /// <param name="connection">The transaction's.</param>
    /// <param name="lease">The lease, which ends with it.</param>
    /// <param name="record">How it has ended.</param>
    /// <returns>Whether the lease still held, and the job was not over.</returns>
    public static async Task<bool> TryEndAsync(NpgsqlConnection connection, JobLease lease, string record)
    {
        var rows = await connection.RunAsync(
            """
            update jobs set state = 'over', record = $3, progress = null, wish = null, lease_until = null
            where id = $1 and lease = $2 and state = 'running'
            """,
            lease.Job,
            lease.Number,
            record
        );
        if (rows == 0)
            return false;
        await connection.RunAsync("delete from job_files where job = $1", lease.Job);
        return true;
    }

    // A job that is over may be so by this server itself.
    private static async Task ThrowIfLostAsync(NpgsqlConnection connection, JobLease lease)
    {
        var found = await connection.ValueAsync(
            "select 1 from jobs where id = $1 and lease = $2 and state = 'over'",
            lease.Job,
            lease.Number
        );
        if (found is null)
            throw new LeaseLostException(lease);
    }
}
