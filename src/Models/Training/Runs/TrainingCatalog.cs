using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Language.Writing;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Runs;

/// <summary>The trainings, for every front door: starts, lists, follows, cancels and forgets them.</summary>
public sealed partial class TrainingCatalog : IDisposable
{
    private readonly ConcurrentDictionary<string, RunEntry> entries = new(StringComparer.Ordinal);
    private readonly Channel<RunEntry> waiting = Channel.CreateUnbounded<RunEntry>();
    private readonly DataFolder folder;
    private readonly TrainingPreparation preparation;
    private readonly TrainingOptions options;
    private readonly TimeProvider clock;

    internal TrainingCatalog(
        DataFolder folder,
        TrainingPreparation preparation,
        IOptions<TrainingOptions> options,
        TimeProvider clock
    ) => (this.folder, this.preparation, this.options, this.clock) = (folder, preparation, options.Value, clock);

    /// <summary>The runs that wait for their turn.</summary>
    internal ChannelReader<RunEntry> Waiting => waiting.Reader;

    /// <summary>The trainings, newest first.</summary>
    /// <param name="model">Of this model only; null: of all.</param>
    public IReadOnlyList<TrainingRun> List(string? model = null) =>
        [
            .. entries
                .Values.Select(entry => entry.Current)
                .Where(run => model is null || run.Model == model)
                .OrderByDescending(run => run.Id, StringComparer.Ordinal),
        ];

    /// <summary>Finds a training.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The training, or <see cref="ErrorCode.TrainingNotFound"/>.</returns>
    public Outcome<TrainingRun> Find(string id) => FindEntry(id).Then(entry => entry.Current);

    /// <summary>How far a running training is.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The last event of a step, and of the best epoch; null where there is none.</returns>
    public (JsonObject? Progress, JsonObject? Best) FindProgress(string id) =>
        entries.GetValueOrDefault(id) is { Current.State: TrainingState.Running } entry
            ? (entry.Events.Latest, entry.Events.Best)
            : (null, null);

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
    public Task<Outcome<TrainingRun>> StartAsync(
        string model,
        JsonElement request,
        CancellationToken cancellationToken
    ) =>
        Outcome.OfAsync(async () =>
        {
            var definition = preparation.Read(request);
            ThrowIfFull();
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
                var now = clock.GetUtcNow();
                var id = NewId(now);
                var path = Path.Combine(folder.Trainings, id);
                folder.Write(() =>
                {
                    Directory.Move(staged, path);
                    return path;
                });
                var entry = Create(path, Describe(pinned, id, dataset.Revision, from, now));
                entries[id] = entry;
                Forget();
                waiting.Writer.TryWrite(entry);
                return entry.Current;
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
    /// <returns>The training as it is then; <see cref="ErrorCode.TrainingNotFound"/>.</returns>
    public async Task<Outcome<TrainingRun>> CancelAsync(string id, bool keep)
    {
        if (!FindEntry(id).TryGet(out var entry, out var failure))
            return failure;
        if (keep && entry.Finish is { } finish)
        {
            try
            {
                finish();
                return entry.Current;
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // It has just ended by itself.
                return entry.Current;
            }
        }

        if (entry.Current.IsOver)
            return entry.Current;
        await entry.Cancellation.CancelAsync();

        // One that nobody works on ends here, also when it ran before the server was started again.
        entry.Change(run =>
            run.IsOver || entry.IsAtWork ? null : Ended(run, TrainingState.Cancelled, null, "It was cancelled.")
        );
        await entry.Ended.Task;
        return entry.Current;
    }

    /// <summary>The events of a training.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="after">The id of the last event that the caller knows; 0: none.</param>
    /// <param name="follow">Whether to wait for further events until it has ended.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The events; <see cref="ErrorCode.TrainingNotFound"/>.</returns>
    public Outcome<IAsyncEnumerable<JsonElement>> ReadEvents(
        string id,
        long after,
        bool follow,
        CancellationToken cancellationToken
    ) =>
        FindEntry(id).TryGet(out var entry, out var failure)
            ? Outcome.Of(() => entry.Events.ReadAsync(after, follow, cancellationToken))
            : failure;

    /// <summary>The end of a run.</summary>
    internal TrainingRun Ended(TrainingRun run, TrainingState state, string? code, string? reason) =>
        run with
        {
            State = state,
            Code = code,
            Reason = reason,
            Ended = clock.GetUtcNow(),
        };

    private Outcome<RunEntry> FindEntry(string id) =>
        entries.GetValueOrDefault(id) is { } entry
            ? entry
            : new Failure(ErrorCode.TrainingNotFound, $"There is no training '{Suggestions.Shorten(id)}'.");

    private void ThrowIfFull()
    {
        if (options.MaxRunning == 0)
        {
            throw new ServingException(
                ErrorCode.ReadOnly,
                "This server does not train (ModelService:Training:MaxRunning is 0)."
            );
        }

        if (entries.Values.Count(entry => !entry.Current.IsOver) >= options.MaxRunning + options.MaxQueued)
        {
            throw new ServingException(
                new Failure(
                    ErrorCode.Overloaded,
                    $"{options.MaxQueued} trainings wait already (ModelService:Training:MaxQueued)."
                )
                {
                    RetryAfter = TimeSpan.FromMinutes(1),
                }
            );
        }
    }

    // The time, so that ids sort by it, and some random letters.
    private string NewId(DateTimeOffset now)
    {
        while (true)
        {
            var id = string.Create(
                CultureInfo.InvariantCulture,
                $"{now:yyyyMMdd-HHmmss}-{Random.Shared.Next(0x10000):x4}"
            );
            if (!entries.ContainsKey(id))
                return id;
        }
    }

    private RunEntry Create(string path, TrainingRun run)
    {
        try
        {
            return RunEntry.Create(folder, path, run);
        }
        catch
        {
            folder.DeleteStaged(path);
            throw;
        }
    }

    private static TrainingRun Describe(TrainingJob job, string id, int revision, string from, DateTimeOffset now) =>
        new()
        {
            Id = id,
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
