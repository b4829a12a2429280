using System.Globalization;
using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language.Writing;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Runs;

/// <summary>
/// The trainings, for every front door: starts, lists, follows, cancels and forgets them. Where servers share their
/// models, they share the trainings, too: <see cref="ErrorCode.StorageUnavailable"/> may be the outcome of each method.
/// </summary>
public sealed class TrainingCatalog
{
    /// <summary>The reason of a training that a client has ended.</summary>
    internal const string WasCancelled = "It was cancelled.";

    private readonly DataFolder folder;
    private readonly TrainingPreparation preparation;
    private readonly IRunStore store;
    private readonly TimeProvider clock;

    internal TrainingCatalog(DataFolder folder, TrainingPreparation preparation, IRunStore store, TimeProvider clock) =>
        (this.folder, this.preparation, this.store, this.clock) = (folder, preparation, store, clock);

    /// <summary>The trainings, newest first.</summary>
    /// <param name="model">Of this model only; null: of all.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    public Task<Outcome<IReadOnlyList<TrainingStatus>>> ListAsync(string? model, CancellationToken cancellationToken) =>
        Outcome.OfAsync(() => store.ListAsync(model, cancellationToken));

    /// <summary>Finds a training.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>The training, or <see cref="ErrorCode.TrainingNotFound"/>.</returns>
    public Task<Outcome<TrainingStatus>> FindAsync(string id, CancellationToken cancellationToken) =>
        Outcome.OfAsync(() => GetAsync(id, cancellationToken));

    /// <summary>Starts a training, or queues it.</summary>
    /// <param name="model">The model that it makes a version of; it need not exist yet.</param>
    /// <param name="request">What the client asks for.</param>
    /// <param name="cancellationToken">Fires when the client disconnects before it is queued.</param>
    /// <returns>
    /// The training; <see cref="ErrorCode.DefinitionInvalid"/> with every error and its place;
    /// <see cref="ErrorCode.DatasetNotFound"/>, <see cref="ErrorCode.DatasetUnsuitable"/>;
    /// <see cref="ErrorCode.ModelNotFound"/> and the like of the model to begin with;
    /// <see cref="ErrorCode.Overloaded"/>: too many wait; <see cref="ErrorCode.ReadOnly"/>,
    /// <see cref="ErrorCode.StorageUnavailable"/>.
    /// </returns>
    public Task<Outcome<TrainingStatus>> StartAsync(
        string model,
        JsonElement request,
        CancellationToken cancellationToken
    ) =>
        Outcome.OfAsync(async () =>
        {
            var definition = preparation.Read(request);
            if (await store.CheckRoomAsync(cancellationToken) is { } full)
                throw new ServingException(full);
            var (job, dataset, from) = await Task.Run(() => preparation.Prepare(model, definition), cancellationToken);
            var pinned = job with { Definition = definition with { Revision = dataset.Revision } };
            var bytes = job.Model.Analysis.StateDict.Sum(spec => spec.Bytes);
            if (folder.CheckWritable(8 * bytes) is { } failure)
                throw new ServingException(failure);
            var staged = folder.NewStagingPath();
            try
            {
                DurableFiles.CreateFolder(staged);
                pinned = await preparation.WriteAsync(pinned, staged, cancellationToken);
                while (true)
                {
                    var run = Describe(pinned, dataset.Revision, from, clock.GetUtcNow());
                    if (await store.AddAsync(run, staged, cancellationToken))
                        return new TrainingStatus(run, null, null);
                }
            }
            finally
            {
                folder.DeleteStaged(staged);
            }
        });

    /// <summary>Ends a training.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="keep">
    /// Whether what it has reached becomes a version: it ends its step, measures the best weights and succeeds.
    /// </param>
    /// <param name="cancellationToken">Fires when the client disconnects. The training ends all the same.</param>
    /// <returns>The training as it is then; <see cref="ErrorCode.TrainingNotFound"/>.</returns>
    public Task<Outcome<TrainingStatus>> CancelAsync(string id, bool keep, CancellationToken cancellationToken) =>
        Outcome.OfAsync(async () =>
        {
            await store.CancelAsync(id, keep, cancellationToken);
            return await GetAsync(id, cancellationToken);
        });

    /// <summary>The events of a training.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="after">The id of the last event that the caller knows; 0: none.</param>
    /// <param name="follow">Whether to wait for further events until it has ended.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The events; <see cref="ErrorCode.TrainingNotFound"/>.</returns>
    public Task<Outcome<IAsyncEnumerable<JsonElement>>> ReadEventsAsync(
        string id,
        long after,
        bool follow,
        CancellationToken cancellationToken
    ) =>
        Outcome.OfAsync(async () =>
        {
            await GetAsync(id, cancellationToken);
            return store.ReadEventsAsync(id, after, follow, cancellationToken);
        });

    /// <summary>Forgets a training that has ended. Its version stays.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>
    /// The training; <see cref="ErrorCode.TrainingNotFound"/>; <see cref="ErrorCode.TrainingConflict"/>: it has not
    /// ended.
    /// </returns>
    public Task<Outcome<TrainingStatus>> RemoveAsync(string id, CancellationToken cancellationToken) =>
        Outcome.OfAsync(async () =>
        {
            var found = await GetAsync(id, cancellationToken);
            if (!found.Run.IsOver)
            {
                throw new ServingException(
                    ErrorCode.TrainingConflict,
                    $"The training is {WireNames.Get(found.Run.State)}. Cancel it first: "
                        + $"POST /v1/trainings/{id}/cancel."
                );
            }

            await store.RemoveAsync(id);
            return found;
        });

    /// <summary>The failure of a request for which there is no room in the queue.</summary>
    /// <param name="queued">The trainings that may wait.</param>
    internal static Failure Full(int queued) =>
        new(ErrorCode.Overloaded, $"{queued} trainings wait already (ModelService:Training:MaxQueued).")
        {
            RetryAfter = TimeSpan.FromMinutes(1),
        };

    private async Task<TrainingStatus> GetAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken)
        ?? throw new ServingException(ErrorCode.TrainingNotFound, $"There is no training '{Suggestions.Shorten(id)}'.");

    // The id begins with the time, so that ids sort by it; some random letters follow.
    private static TrainingRun Describe(TrainingJob job, int revision, string from, DateTimeOffset now) =>
        new()
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{Random.Shared.Next(0x10000):x4}"),
            Model = job.Model.Definition.Name,
            State = TrainingState.Queued,
            Created = now,
            Dataset = job.Definition.Dataset,
            Revision = revision,
            Images = job
                .Images.CountBy(image => image.Part)
                .OrderBy(count => count.Key)
                .ToDictionary(count => WireNames.Get(count.Key), count => count.Value),
            Classes = job.Model.Definition.Labels!,
            From = from,
            Definition = ArchitectureWriter.WriteRecord(job.Definition),
        };
}
