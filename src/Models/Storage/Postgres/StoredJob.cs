namespace ModelService.Models.Storage.Postgres;

/// <summary>A job as it is stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Record">What it is, and how it ended.</param>
/// <param name="Progress">How far it is; null: not known.</param>
/// <param name="IsQueued">Whether no server has taken it yet.</param>
/// <param name="IsOver">Whether it has ended.</param>
internal sealed record StoredJob(string Id, string Record, string? Progress, bool IsQueued, bool IsOver);

/// <summary>A job that this server has taken.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="Record">What it is.</param>
/// <param name="Attempts">How often servers have taken it, without those that gave it back; this one counts.</param>
/// <param name="IsNew">Whether no server has begun it before.</param>
/// <param name="IsTakeover">Whether the server that had it before was silent for too long.</param>
/// <param name="Events">The number of its events.</param>
/// <param name="Files">Its files by name.</param>
internal sealed record TakenJob(
    JobLease Lease,
    string Record,
    int Attempts,
    bool IsNew,
    bool IsTakeover,
    long Events,
    IReadOnlyDictionary<string, StoredFile> Files
);

/// <summary>What the renewal of a lease tells.</summary>
/// <param name="Wish">What a client asks of the job's server; null: nothing.</param>
/// <param name="Events">The number of events that are stored.</param>
/// <param name="IsOver">Whether the job has ended under this lease.</param>
internal sealed record JobRenewal(string? Wish, long Events, bool IsOver);

/// <summary>Some of the events of a job.</summary>
/// <param name="Lines">The events, each a line; a string has several. Empty: there are no further ones.</param>
/// <param name="Count">The number of events that are stored.</param>
/// <param name="Job">The job at the same moment.</param>
internal sealed record JobEvents(IReadOnlyList<string> Lines, long Count, StoredJob Job);
