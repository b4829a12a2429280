using Npgsql;

namespace ModelService.Models.Storage.Postgres;

/// <content>What clients do with jobs, through any server.</content>
internal sealed partial class JobTable
{
    private const string Columns = "id, record, progress, state";

    /// <summary>Adds a job that waits for a server.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="id">Its id.</param>
    /// <param name="model">The name of the model that it is for.</param>
    /// <param name="record">What it is.</param>
    /// <param name="files">The files that it needs, which are stored already.</param>
    /// <returns>Whether the id was free; if not, nothing was added.</returns>
    public Task<bool> AddAsync(
        string kind,
        string id,
        string model,
        string record,
        IReadOnlyDictionary<string, StoredFile> files
    ) =>
        database.ChangeAsync(async connection =>
        {
            var rows = await connection.RunAsync(
                """
                insert into jobs (id, kind, model, state, record) values ($1, $2, $3, 'queued', $4)
                on conflict do nothing
                """,
                id,
                kind,
                model,
                record
            );
            if (rows == 0)
                return false;
            foreach (var (name, file) in files)
                await PutFileAsync(connection, id, name, file);
            return true;
        });

    /// <summary>Ends a job that no server works on.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="id">Its id.</param>
    /// <param name="interrupted">Whether also one that a server worked on, whose lease has ended.</param>
    /// <param name="end">Makes the last record of the present one.</param>
    public Task EndFreeAsync(string kind, string id, bool interrupted, Func<string, string> end) =>
        database.ChangeAsync(async connection =>
        {
            var rows = await connection.RowsAsync(
                row => (Record: row.GetString(0), Lease: row.GetInt64(1)),
                $"""
                update jobs set state = 'running', lease = lease + 1
                where kind = $1 and id = $2 and {Free} and (state = 'queued' or $3)
                returning record, lease
                """,
                kind,
                id,
                interrupted
            );
            return rows is [var job] && await TryEndAsync(connection, new JobLease(id, job.Lease), end(job.Record));
        });

    /// <summary>Asks something of the server that works on a job.</summary>
    /// <param name="kind">The job's kind.</param>
    /// <param name="id">The job.</param>
    /// <param name="wish">What is asked for.</param>
    public Task WishAsync(string kind, string id, string wish) =>
        database.ChangeAsync(connection =>
            connection.RunAsync(
                "update jobs set wish = $3 where kind = $1 and id = $2 and state = 'running'",
                kind,
                id,
                wish
            )
        );

    /// <summary>Finds a job.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The job; null when there is none.</returns>
    public async Task<StoredJob?> FindAsync(string kind, string id, CancellationToken cancellationToken)
    {
        var found = await database.ReadAsync(
            connection =>
                connection.RowsAsync(Read, $"select {Columns} from jobs where kind = $1 and id = $2", kind, id),
            cancellationToken
        );
        return found.SingleOrDefault();
    }

    /// <summary>Lists jobs, the newest first.</summary>
    /// <param name="kind">Their kind.</param>
    /// <param name="model">Those for this model only; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<List<StoredJob>> ListAsync(string kind, string? model, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.RowsAsync(
                    Read,
                    $"""
                    select {Columns} from jobs where kind = $1 and ($2::text is null or model = $2)
                    order by created desc, id desc
                    """,
                    kind,
                    model
                ),
            cancellationToken
        );

    /// <summary>Counts the jobs that wait for a server, and those that run.</summary>
    /// <param name="kind">Their kind.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<(long Waiting, long Running)> CountAsync(string kind, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            connection =>
                connection.RowsAsync(
                    row => (row.GetInt64(0), row.GetInt64(1)),
                    """
                    select count(*) filter (where state = 'queued'), count(*) filter (where state = 'running')
                    from jobs where kind = $1 and state <> 'over'
                    """,
                    kind
                ),
            cancellationToken
        );
        return rows[0];
    }

    /// <summary>Reads events of a job.</summary>
    /// <param name="kind">The job's kind.</param>
    /// <param name="id">The job.</param>
    /// <param name="after">The number of the last event that is known; earlier ones may come with the others.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Some events, and the job; null when there is no such job.</returns>
    public Task<JobEvents?> ReadEventsAsync(string kind, string id, long after, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async connection =>
            {
                var found = await connection.RowsAsync(
                    row => (Job: Read(row), Events: row.GetInt64(4)),
                    $"select {Columns}, events from jobs where kind = $1 and id = $2",
                    kind,
                    id
                );
                if (found is not [var (job, events)])
                    return null;
                var lines = await connection.RowsAsync(
                    row => row.GetString(0),
                    "select lines from job_events where job = $1 and last > $2 order by last limit 100",
                    id,
                    after
                );
                return new JobEvents(lines, events, job);
            },
            cancellationToken
        );

    /// <summary>Forgets a job that is over.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="id">Its id.</param>
    public Task RemoveAsync(string kind, string id) =>
        database.ChangeAsync(connection =>
            connection.RunAsync("delete from jobs where kind = $1 and id = $2 and state = 'over'", kind, id)
        );

    /// <summary>Forgets the oldest jobs that are over, until a number is left.</summary>
    /// <param name="kind">Their kind.</param>
    /// <param name="kept">The number.</param>
    public Task ForgetAsync(string kind, int kept) =>
        database.ChangeAsync(connection =>
            connection.RunAsync(
                """
                delete from jobs where id in (
                    select id from jobs where kind = $1 and state = 'over' order by created, id
                    limit greatest(0, (select count(*) from jobs where kind = $1) - $2)
                )
                """,
                kind,
                kept
            )
        );

    private static StoredJob Read(NpgsqlDataReader row) =>
        new(
            row.GetString(0),
            row.GetString(1),
            row.IsDBNull(2) ? null : row.GetString(2),
            row.GetString(3) == "queued",
            row.GetString(3) == "over"
        );
}
