using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language.Writing;
using ModelService.Models.Runs;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Runs;

/// <summary>
/// The trainings, for every front door: starts, lists, follows, cancels and forgets them. Their errors are
/// <see cref="ErrorCode.TrainingNotFound"/> and <see cref="ErrorCode.TrainingConflict"/>.
/// </summary>
public sealed class TrainingCatalog : RunCatalog<TrainingRun>
{
    private readonly TrainingPreparation preparation;
    private readonly IRunStore<TrainingRun> store;

    internal TrainingCatalog(
        DataFolder folder,
        TrainingPreparation preparation,
        IRunStore<TrainingRun> store,
        RunKind<TrainingRun> kind,
        TimeProvider clock
    )
        : base(store, kind, folder, clock) => (this.preparation, this.store) = (preparation, store);

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
    public Task<Outcome<RunStatus<TrainingRun>>> StartAsync(
        string model,
        JsonElement request,
        CancellationToken cancellationToken
    ) =>
        Outcome.OfAsync(async () =>
        {
            var definition = preparation.Read(request);
            await CheckRoomAsync(cancellationToken);
            var (job, dataset, from) = await Task.Run(() => preparation.Prepare(model, definition), cancellationToken);
            var pinned = job with { Definition = definition with { Revision = dataset.Revision } };
            var bytes = job.Model.Analysis.StateDict.Sum(spec => spec.Bytes);
            return await AddAsync(
                8 * bytes,
                async staged =>
                {
                    var written = await preparation.WriteAsync(pinned, staged, cancellationToken);
                    return (id, now) => Describe(written, dataset.Revision, from, id, now);
                },
                cancellationToken
            );
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

    private static TrainingRun Describe(TrainingJob job, int revision, string from, string id, DateTimeOffset now) =>
        new()
        {
            Id = id,
            Model = job.Model.Definition.Name,
            State = RunState.Queued,
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
