using System.Text.RegularExpressions;
using ModelService.Models.Errors;
using ModelService.Models.Language;

namespace ModelService.Models.Evaluation.Runs;

/// <content>What evaluations found.</content>
public sealed partial class EvaluationCatalog
{
    /// <summary>Reads what an evaluation found.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The number of the version.</param>
    /// <param name="id">The id of the evaluation.</param>
    /// <returns>
    /// The evaluation, with its result if it has succeeded; <see cref="ErrorCode.StorageUnavailable"/>: its files are
    /// damaged; or as <see cref="Find"/>.
    /// </returns>
    public Task<Outcome<EvaluationWithResult>> ReadAsync(string model, int version, string id) =>
        Outcome.OfAsync(() =>
            lane.RunAsync(() =>
            {
                var snapshot = FindEntry(model, version, id).OrThrow().Snapshot;
                return new EvaluationWithResult(
                    snapshot,
                    snapshot.Record.State == EvaluationState.Succeeded ? files.ReadResult(id) : null
                );
            })
        );

    /// <summary>Reads the images of an evaluation.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The number of the version.</param>
    /// <param name="id">The id of the evaluation.</param>
    /// <param name="label">The label that the images have; null: any.</param>
    /// <param name="predicted">The label of the class that the network takes them for; null: any.</param>
    /// <returns>
    /// The images; <see cref="ErrorCode.EvaluationConflict"/>: the evaluation has not succeeded;
    /// <see cref="ErrorCode.LabelInvalid"/>: the model has no such class; or as <see cref="ReadAsync"/>.
    /// </returns>
    public Task<Outcome<EvaluationImages>> ReadImagesAsync(
        string model,
        int version,
        string id,
        string? label,
        string? predicted
    ) =>
        Outcome.OfAsync(() =>
            lane.RunAsync(() =>
            {
                var record = FindSucceeded(model, version, id);
                var classes = files.ReadResult(id).Classes;
                var (row, column) = (IndexOf(classes, label), IndexOf(classes, predicted));
                return new EvaluationImages(
                    record,
                    classes,
                    [
                        .. files
                            .ReadImages(id)
                            .Where(image => (row ?? image.Label) == image.Label)
                            .Where(image => (column ?? image.Predicted) == image.Predicted),
                    ]
                );
            })
        );

    /// <summary>Opens the report of an evaluation.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The number of the version.</param>
    /// <param name="id">The id of the evaluation.</param>
    /// <returns>
    /// The HTML file, which the caller disposes; <see cref="ErrorCode.EvaluationConflict"/>: the evaluation has not
    /// succeeded; or as <see cref="ReadAsync"/>.
    /// </returns>
    public Task<Outcome<Stream>> OpenReportAsync(string model, int version, string id) =>
        Outcome.OfAsync(() =>
            lane.RunAsync(() =>
            {
                FindSucceeded(model, version, id);
                return files.OpenReport(id);
            })
        );

    /// <summary>Compares two evaluations on the same images.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The number of the version.</param>
    /// <param name="id">The id of the evaluation.</param>
    /// <param name="with">
    /// The id of another evaluation, or a version such as <c>pets@2</c>, whose newest evaluation on these images
    /// counts.
    /// </param>
    /// <returns>
    /// The comparison; <see cref="ErrorCode.EvaluationNotFound"/>: there is no such other evaluation;
    /// <see cref="ErrorCode.EvaluationConflict"/>: one has not succeeded, or they are not on the same images; or as
    /// <see cref="ReadAsync"/>.
    /// </returns>
    public Task<Outcome<EvaluationComparison>> CompareAsync(string model, int version, string id, string with) =>
        Outcome.OfAsync(() =>
            lane.RunAsync(() =>
            {
                var first = FindSucceeded(model, version, id);
                var second = FindOther(first, with);
                var (firstClasses, secondClasses) = (
                    files.ReadResult(first.Id).Classes,
                    files.ReadResult(second.Id).Classes
                );
                var others = files.ReadImages(second.Id).ToDictionary(image => image.Id);
                List<(EvaluatedImage First, EvaluatedImage Second)> pairs =
                [
                    .. files
                        .ReadImages(first.Id)
                        .Where(image => others.ContainsKey(image.Id))
                        .Select(image => (image, others[image.Id])),
                ];
                return new EvaluationComparison(
                    new EvaluatedVersion(first, firstClasses),
                    new EvaluatedVersion(second, secondClasses),
                    pairs,
                    Comparison.Of(
                        [.. pairs.Select(pair => pair.First.IsRight)],
                        [.. pairs.Select(pair => pair.Second.IsRight)]
                    )
                );
            })
        );

    private EvaluationRecord FindSucceeded(string model, int version, string id)
    {
        var record = FindEntry(model, version, id).OrThrow().Current;
        ThrowIfWithoutResult(record);
        return record;
    }

    private EvaluationRecord FindOther(EvaluationRecord first, string with)
    {
        var second = entries.TryGetValue(with, out var entry) ? entry.Current : FindOfVersion(first, with);
        ThrowIfWithoutResult(second);
        if ((second.Dataset, second.Revision, second.Split) == (first.Dataset, first.Revision, first.Split))
            return second;
        throw new ServingException(
            ErrorCode.EvaluationConflict,
            $"Evaluation {first.Id} is on {Describe(first)}, and {second.Id} on {Describe(second)}. Two versions are "
                + "compared on the same images."
        );
    }

    private EvaluationRecord FindOfVersion(EvaluationRecord first, string with)
    {
        if (
            !Regex.IsMatch(with, $@"\A{ModelReference.Pattern}\z")
            || ModelReference.Parse(with) is not { Version: not null } reference
        )
        {
            throw new ServingException(
                ErrorCode.EvaluationNotFound,
                $"There is no evaluation '{Suggestions.Shorten(with)}'. Give the id of an evaluation, or a version "
                    + "such as pets@2."
            );
        }

        var version = models.Find(reference.Name, reference.Version).OrThrow().Version;
        return EntriesOf(version)
                .Select(item => item.Current)
                .FirstOrDefault(item =>
                    item.State == EvaluationState.Succeeded
                    && (item.Dataset, item.Revision, item.Split) == (first.Dataset, first.Revision, first.Split)
                )
            ?? throw new ServingException(
                ErrorCode.EvaluationNotFound,
                $"{with} has no evaluation on {Describe(first)}. Start one: "
                    + $"POST /v1/models/{version.Name}/versions/{version.Version}/evaluations."
            );
    }

    private static void ThrowIfWithoutResult(EvaluationRecord record)
    {
        if (record.State == EvaluationState.Succeeded)
            return;
        throw new ServingException(
            ErrorCode.EvaluationConflict,
            $"Evaluation {record.Id} is {WireNames.Get(record.State)} and has no result"
                + (record.Reason is { } reason ? $": {reason}" : ".")
        );
    }

    private static string Describe(EvaluationRecord record) =>
        $"revision {record.Revision} of '{record.Dataset}', split {WireNames.Get(record.Split)}";

    private static int? IndexOf(IReadOnlyList<string> classes, string? label)
    {
        if (label is null)
            return null;
        for (var index = 0; index < classes.Count; index++)
        {
            if (classes[index] == label)
                return index;
        }

        throw new ServingException(
            ErrorCode.LabelInvalid,
            $"The model has no class '{Suggestions.Shorten(label)}'."
                + (Suggestions.Nearest(label, classes) is { } nearest ? $" Did you mean '{nearest}'?" : "")
        );
    }
}

/// <summary>An evaluation and what it found.</summary>
/// <param name="Snapshot">The evaluation.</param>
/// <param name="Result">What it found; null if it has not succeeded.</param>
public sealed record EvaluationWithResult(EvaluationSnapshot Snapshot, EvaluationResult? Result);

/// <summary>Images of an evaluation.</summary>
/// <param name="Record">The evaluation.</param>
/// <param name="Classes">The labels of the classes.</param>
/// <param name="Images">The images.</param>
public sealed record EvaluationImages(
    EvaluationRecord Record,
    IReadOnlyList<string> Classes,
    IReadOnlyList<EvaluatedImage> Images
);

/// <summary>One side of a comparison.</summary>
/// <param name="Record">The evaluation.</param>
/// <param name="Classes">The labels of its model's classes.</param>
public sealed record EvaluatedVersion(EvaluationRecord Record, IReadOnlyList<string> Classes);

/// <summary>Two evaluations on the same images.</summary>
/// <param name="First">The first.</param>
/// <param name="Second">The second.</param>
/// <param name="Images">The images that both scored.</param>
/// <param name="Comparison">Which of them is right about which image, by the places of the images.</param>
public sealed record EvaluationComparison(
    EvaluatedVersion First,
    EvaluatedVersion Second,
    IReadOnlyList<(EvaluatedImage First, EvaluatedImage Second)> Images,
    Comparison Comparison
);
