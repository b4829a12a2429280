using ModelService.Models.Errors;

namespace ModelService.Models.Runs;

/// <summary>What tells one kind of runs from another.</summary>
/// <typeparam name="TRun">A run of this kind.</typeparam>
internal abstract class RunKind<TRun>
    where TRun : Run
{
    /// <summary>
    /// The kind in singular, such as <c>training</c>: in sentences, paths and codes, and in the rows of servers that
    /// share runs.
    /// </summary>
    public abstract string Name { get; }

    /// <summary>The folder of the runs of a server by itself.</summary>
    public abstract string Folder { get; }

    /// <summary>The names of the files that a run begins with.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>The names of further files that are deleted when a run has ended.</summary>
    public virtual IReadOnlyList<string> WorkFiles => [];

    /// <summary>The name of the file that an interrupted run goes on from; null: it begins again.</summary>
    public virtual string? Checkpoint => null;

    /// <summary>How many there may be.</summary>
    public abstract RunLimits Limits { get; }

    /// <summary>Whether this program has what it takes to run them.</summary>
    public virtual bool CanRun => true;

    /// <summary>The error of an id that no run has.</summary>
    public abstract ErrorCode NotFound { get; }

    /// <summary>The error of a request that the state of a run does not allow.</summary>
    public abstract ErrorCode Conflict { get; }

    /// <summary>Makes a run that another server may have prepared one of this server.</summary>
    /// <param name="folder">The run's folder, with its files.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException">What the run needs is not there any more.</exception>
    public abstract Task AdoptAsync(string folder, CancellationToken cancellationToken);

    /// <summary>The failure of a request for which there is no room in the queue.</summary>
    public Failure Full =>
        new(ErrorCode.Overloaded, $"{Limits.MaxQueued} {Name}s wait already (ModelService:Training:MaxQueued).")
        {
            RetryAfter = TimeSpan.FromMinutes(1),
        };
}

/// <summary>How many runs of a kind there may be. The settings of trainings are those of all kinds.</summary>
/// <param name="MaxRunning">Runs at once on this server; 0: it leaves them to others.</param>
/// <param name="MaxQueued">Runs that may wait for their turn.</param>
/// <param name="MaxKept">Runs that are kept; the oldest that have ended are forgotten.</param>
/// <param name="MaxAttempts">How often servers may take the same run, after those before were killed.</param>
internal sealed record RunLimits(int MaxRunning, int MaxQueued, int MaxKept, int MaxAttempts);
