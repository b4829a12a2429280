using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>
/// The evaluations of all versions. They are resources that stay: through a restart of the server, and when their
/// images are deleted. Those of a version go with the version. Thread-safe.
/// </summary>
public sealed partial class EvaluationCatalog : IDisposable
{
    private const int MostAttempts = 2;
    private static readonly TimeSpan CancelWait = TimeSpan.FromSeconds(5);

    private readonly ModelCatalog models;
    private readonly DatasetCatalog datasets;
    private readonly EvaluationFiles files;
    private readonly EvaluationOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<EvaluationCatalog> logger;
    private readonly ConcurrentDictionary<string, EvaluationEntry> entries = [];
    private readonly Channel<EvaluationEntry> waiting = Channel.CreateUnbounded<EvaluationEntry>();
    private readonly Lock creation = new(); // of the number that waits
    private readonly Lane lane = new(4);

    internal EvaluationCatalog(
        ModelCatalog models,
        DatasetCatalog datasets,
        EvaluationFiles files,
        IOptions<EvaluationOptions> options,
        TimeProvider clock,
        ILogger<EvaluationCatalog> logger
    )
    {
        (this.models, this.datasets, this.files) = (models, datasets, files);
        (this.options, this.clock, this.logger) = (options.Value, clock, logger);
        models.Removed += ForgetVersion;
    }

    /// <summary>The evaluations that wait for a run.</summary>
    internal ChannelReader<EvaluationEntry> Waiting => waiting.Reader;

    /// <summary>The number of evaluations in each state.</summary>
    public IReadOnlyDictionary<EvaluationState, int> CountByState() =>
        entries.Values.CountBy(entry => entry.Current.State).ToDictionary();

    /// <summary>Lists the evaluations of a version, the newest first.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The number of the version.</param>
    /// <returns>The evaluations; or as <see cref="ModelCatalog.Find(string, int?)"/>.</returns>
    public Outcome<IReadOnlyList<EvaluationSnapshot>> List(string model, int version)
    {
        if (!models.Find(model, version).TryGet(out var found, out var failure))
            return failure;
        return EntriesOf(found.Version).Select(entry => entry.Snapshot).ToList();
    }

    /// <summary>Finds an evaluation of a version.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The number of the version.</param>
    /// <param name="id">The id of the evaluation.</param>
    /// <returns>
    /// The evaluation; <see cref="ErrorCode.EvaluationNotFound"/>; or as <see cref="ModelCatalog.Find(string, int?)"/>.
    /// </returns>
    public Outcome<EvaluationSnapshot> Find(string model, int version, string id) =>
        FindEntry(model, version, id).Then(entry => entry.Snapshot);

    /// <summary>Requests an evaluation, which runs when those before it have ended.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The number of the version.</param>
    /// <param name="request">What is to be evaluated.</param>
    /// <returns>
    /// The evaluation; <see cref="ErrorCode.SplitEmpty"/>, <see cref="ErrorCode.LabelsUnknown"/>,
    /// <see cref="ErrorCode.InputMismatch"/>: the model takes no pictures; <see cref="ErrorCode.DatasetTooLarge"/>;
    /// <see cref="ErrorCode.Overloaded"/>; <see cref="ErrorCode.ReadOnly"/>,
    /// <see cref="ErrorCode.StorageUnavailable"/>; or as <see cref="ModelCatalog.Find(string, int?)"/> and
    /// <see cref="DatasetCatalog.Find"/>.
    /// </returns>
    public Task<Outcome<EvaluationSnapshot>> StartAsync(string model, int version, EvaluationRequest request) =>
        Outcome.OfAsync(() =>
            lane.RunAsync(() =>
            {
                var found = models.Find(model, version).OrThrow().Version;
                var dataset = datasets.Find(request.Dataset, request.Revision).OrThrow();
                var subject = EvaluationSubject.Read(found, dataset, request.Split).OrThrow();
                if (subject.Scores > options.MaxScores)
                {
                    throw new ServingException(
                        ErrorCode.DatasetTooLarge,
                        $"{subject.Images.Count} images and {subject.ClassNames.Count} classes are {subject.Scores} "
                            + $"scores; an evaluation may have {options.MaxScores} "
                            + "(ModelService:Evaluation:MaxScores). Evaluate one split."
                    );
                }

                return Add(subject).Snapshot;
            })
        );

    /// <summary>Cancels an evaluation. One that has ended stays as it is.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The number of the version.</param>
    /// <param name="id">The id of the evaluation.</param>
    /// <returns>The evaluation in the state that it reached; or as <see cref="Find"/>.</returns>
    public async Task<Outcome<EvaluationSnapshot>> CancelAsync(string model, int version, string id)
    {
        if (!FindEntry(model, version, id).TryGet(out var entry, out var failure))
            return failure;
        if (entry.Current.IsFinished)
            return entry.Snapshot;
        entry.Cancel(clock.GetUtcNow());
        if (entry.Current.IsFinished)
            await StoreAsync(entry);
        else
            await entry.Ended.WaitAsync(CancelWait, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return entry.Snapshot;
    }

    /// <summary>Removes an evaluation with its report. One that runs is cancelled.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The number of the version.</param>
    /// <param name="id">The id of the evaluation.</param>
    /// <returns>The evaluation that was removed; or as <see cref="Find"/>.</returns>
    public Task<Outcome<EvaluationSnapshot>> RemoveAsync(string model, int version, string id) =>
        Outcome.OfAsync(() =>
            lane.RunAsync(() =>
            {
                var entry = FindEntry(model, version, id).OrThrow();
                Remove(entry);
                return entry.Snapshot;
            })
        );

    /// <inheritdoc/>
    public void Dispose()
    {
        models.Removed -= ForgetVersion;
        lane.Dispose();
    }

    /// <summary>Stores the state of an evaluation, if that is possible.</summary>
    internal async Task StoreAsync(EvaluationEntry entry)
    {
        var record = entry.Current;
        try
        {
            await lane.RunAsync(() =>
            {
                files.Put(record);
                return record;
            });
        }
        catch (ServingException exception)
        {
            LogNotStored(exception, record.Id, record.State);
        }

        if (record.IsFinished)
            entry.TellEnded();
    }

    private Outcome<EvaluationEntry> FindEntry(string model, int version, string id)
    {
        if (!models.Find(model, version).TryGet(out var found, out var failure))
            return failure;
        if (entries.TryGetValue(id, out var entry) && IsOf(entry.Current, found.Version))
            return entry;
        return new Failure(
            ErrorCode.EvaluationNotFound,
            $"Version {version} of '{model}' has no evaluation '{Suggestions.Shorten(id)}'. "
                + $"GET /v1/models/{model}/versions/{version}/evaluations lists them."
        );
    }

    private EvaluationEntry Add(EvaluationSubject subject)
    {
        var record = new EvaluationRecord
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)),
            Model = subject.Version.Name,
            Version = subject.Version.Version,
            Weights = subject.Version.Current.WeightsFile!.Sha256,
            Dataset = subject.Dataset.Name,
            Revision = subject.Dataset.Revision,
            Split = subject.Split,
            Images = subject.Images.Count,
            Created = clock.GetUtcNow(),
        };
        var entry = new EvaluationEntry(record);
        lock (creation)
        {
            var before = entries.Values.Count(item => item.Current.State == EvaluationState.Queued);
            if (before >= options.MaxQueued)
            {
                throw new ServingException(
                    ErrorCode.Overloaded,
                    $"{before} evaluations wait already. Try again when one has ended."
                );
            }

            files.Add(record);
            entries[record.Id] = entry;
        }

        waiting.Writer.TryWrite(entry);
        foreach (var old in EntriesOf(subject.Version).Where(item => item.Current.IsFinished).Skip(options.MaxKept - 1))
            Forget(old);
        LogRequested(record.Id, record.Model, record.Version, record.Dataset, record.Revision, record.Split);
        return entry;
    }

    // Of several requests at once, one removes the files.
    private void Remove(EvaluationEntry entry)
    {
        var id = entry.Current.Id;
        if (!entries.TryRemove(id, out _))
            return;
        try
        {
            files.Remove(id);
        }
        catch (ServingException)
        {
            entries[id] = entry;
            throw;
        }

        entry.Cancel(clock.GetUtcNow());
    }

    private List<EvaluationEntry> EntriesOf(ModelVersion version) =>
        [
            .. entries
                .Values.Where(entry => IsOf(entry.Current, version))
                .OrderByDescending(entry => entry.Current.Created),
        ];

    // A model that was deleted and created again, or a version whose weights were replaced, is another version.
    private static bool IsOf(EvaluationRecord record, ModelVersion version) =>
        record.Model == version.Name
        && record.Version == version.Version
        && record.Weights == version.Current.WeightsFile?.Sha256;

    [LoggerMessage(
        LogLevel.Information,
        "Evaluation {Id} of version {Version} of model {Model} on {Dataset}, revision {Revision}, split {Split} waits"
    )]
    private partial void LogRequested(
        string id,
        string model,
        int version,
        string dataset,
        int revision,
        EvaluationSplit split
    );

    [LoggerMessage(LogLevel.Error, "Evaluation {Id} is {State}, which can't be stored")]
    private partial void LogNotStored(Exception exception, string id, EvaluationState state);
}
