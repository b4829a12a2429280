using ModelService.Models.Errors;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Runs;

/// <summary>
/// The runs of a kind, for every front door: lists, cancels and forgets them. Where servers share their models, they
/// share the runs, too: <see cref="ErrorCode.StorageUnavailable"/> may be the outcome of each method.
/// </summary>
/// <typeparam name="TRun">The kind of run.</typeparam>
public abstract class RunCatalog<TRun>
    where TRun : Run
{
    private readonly IRunStore<TRun> store;
    private readonly RunKind<TRun> kind;
    private readonly DataFolder folder;
    private readonly TimeProvider clock;

    private protected RunCatalog(IRunStore<TRun> store, RunKind<TRun> kind, DataFolder folder, TimeProvider clock) =>
        (this.store, this.kind, this.folder, this.clock) = (store, kind, folder, clock);

    /// <summary>The runs, newest first.</summary>
    /// <param name="model">Of this model only; null: of all.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    public Task<Outcome<IReadOnlyList<RunStatus<TRun>>>> ListAsync(
        string? model,
        CancellationToken cancellationToken
    ) => Outcome.OfAsync(() => store.ListAsync(model, cancellationToken));

    /// <summary>Finds a run.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>The run, or the error of the kind for an id that there is not.</returns>
    public Task<Outcome<RunStatus<TRun>>> FindAsync(string id, CancellationToken cancellationToken) =>
        Outcome.OfAsync(() => GetAsync(id, cancellationToken));

    /// <summary>Ends a run.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="keep">
    /// Whether what it has reached becomes a version: a training ends its step, measures the best weights and succeeds.
    /// </param>
    /// <param name="cancellationToken">Fires when the client disconnects. The run ends all the same.</param>
    /// <returns>The run as it is then, or as <see cref="FindAsync"/>.</returns>
    public Task<Outcome<RunStatus<TRun>>> CancelAsync(string id, bool keep, CancellationToken cancellationToken) =>
        Outcome.OfAsync(async () =>
        {
            await store.CancelAsync(id, keep, cancellationToken);
            return await GetAsync(id, cancellationToken);
        });

    /// <summary>Ends all runs of a model that was deleted: a version that they make would bring it back.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Outcome<IReadOnlyList<RunStatus<TRun>>>> CancelOfAsync(
        string model,
        CancellationToken cancellationToken
    ) =>
        Outcome.OfAsync(async () =>
        {
            var runs = await store.ListAsync(model, cancellationToken);
            foreach (var status in runs.Where(status => !status.Run.IsOver))
                await store.CancelAsync(status.Run.Id, keep: false, cancellationToken);
            return runs;
        });

    /// <summary>Forgets a run that has ended. Its version stays.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>The run; as <see cref="FindAsync"/>; or the kind's error of a conflict: it has not ended.</returns>
    public Task<Outcome<RunStatus<TRun>>> RemoveAsync(string id, CancellationToken cancellationToken) =>
        Outcome.OfAsync(async () =>
        {
            var found = await GetAsync(id, cancellationToken);
            if (!found.Run.IsOver)
            {
                throw new ServingException(
                    kind.Conflict,
                    $"The {kind.Name} is {WireNames.Get(found.Run.State)}. Cancel it first: "
                        + $"POST /v1/{kind.Name}s/{id}/cancel."
                );
            }

            await store.RemoveAsync(id);
            return found;
        });

    /// <summary>Finds a run.</summary>
    private protected async Task<RunStatus<TRun>> GetAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken)
        ?? throw new ServingException(kind.NotFound, $"There is no {kind.Name} '{Suggestions.Shorten(id)}'.");

    /// <summary>Finds out whether a run can be added now.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.Overloaded"/>, <see cref="ErrorCode.ReadOnly"/>.
    /// </exception>
    private protected async Task CheckRoomAsync(CancellationToken cancellationToken)
    {
        if (await store.CheckRoomAsync(cancellationToken) is { } full)
            throw new ServingException(full);
    }

    /// <summary>Adds a run that waits.</summary>
    /// <param name="bytes">The bytes that its files may take.</param>
    /// <param name="prepare">Writes its files into a folder, and describes the run with the id and time given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private protected async Task<RunStatus<TRun>> AddAsync(
        long bytes,
        Func<string, Task<Func<string, DateTimeOffset, TRun>>> prepare,
        CancellationToken cancellationToken
    )
    {
        if (folder.CheckWritable(bytes) is { } failure)
            throw new ServingException(failure);
        var staged = folder.NewStagingPath();
        try
        {
            DurableFiles.CreateFolder(staged);
            var describe = await prepare(staged);
            while (true)
            {
                var now = clock.GetUtcNow();
                var run = describe(Run.NewId(now), now);
                if (await store.AddAsync(run, staged, cancellationToken))
                    return new RunStatus<TRun>(run, null, null);
            }
        }
        finally
        {
            folder.DeleteStaged(staged);
        }
    }
}
