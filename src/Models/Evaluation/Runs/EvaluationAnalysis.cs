using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Evaluation.Report;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>Turns the scores of images into figures and a report.</summary>
/// <param name="thumbnails">Makes the small pictures of the report.</param>
internal sealed class EvaluationAnalysis(ReportThumbnails thumbnails)
{
    private const int MostListed = 24;
    private const int MostUnusable = 100;

    /// <summary>Analyzes scores.</summary>
    /// <param name="subject">The images.</param>
    /// <param name="scored">Their scores, which are taken.</param>
    /// <param name="now">The time of the report.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException">No image could be scored: the failure of the first one.</exception>
    public async Task<FinishedEvaluation> AnalyzeAsync(
        EvaluationSubject subject,
        ScoredImages scored,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        List<DatasetImage> images = [.. subject.Images.Where((_, place) => scored.Failures[place] is null)];
        List<UnusableImage> unusable =
        [
            .. subject
                .Images.Zip(scored.Failures)
                .Where(item => item.Second is not null)
                .Select(item => new UnusableImage(
                    item.First.Id,
                    item.First.FileName,
                    item.Second!.Code,
                    item.Second.Detail
                )),
        ];
        if (images.Count == 0)
        {
            throw new ServingException(
                unusable[0].Code,
                $"None of the {unusable.Count} images could be scored. The first error: {unusable[0].Detail}"
            );
        }

        var scores = new LabelledLogits(
            scored.TakeUsable(),
            images.Select(image => subject.Classes[image.Label]),
            subject.ClassNames.Count
        );
        var metrics = ClassificationMetrics.Measure(scores);
        cancellationToken.ThrowIfCancellationRequested();
        var temperature = Temperature.Fit(scores);
        cancellationToken.ThrowIfCancellationRequested();
        var evaluated = Describe(images, scores);
        var mistakes = ConfidentMistakes.Find(scores, MostListed);
        var suspects = LabelSuspects.Find(scores, MostListed);
        var result = new EvaluationResult(
            subject.ClassNames,
            metrics,
            temperature,
            [.. mistakes.Select(mistake => evaluated[mistake.Image])],
            [
                .. suspects.Select(suspect => new SuspectedImage(
                    images[suspect.Image].Id,
                    images[suspect.Image].FileName,
                    suspect.Label,
                    suspect.Suggested,
                    suspect.LabelProbability,
                    suspect.SuggestedProbability
                )),
            ],
            [.. unusable.Take(MostUnusable)],
            unusable.Count
        );
        var pictures = await thumbnails.MakeAsync(
            mistakes
                .Select(item => item.Image)
                .Concat(suspects.Select(item => item.Image))
                .Select(place => images[place]),
            cancellationToken
        );
        var report = new ReportContent(
            $"{subject.Version.Name}, version {subject.Version.Version}",
            $"Data set {subject.Dataset.Name}, revision {subject.Dataset.Revision}, {Words(subject.Split)}",
            now,
            subject.ClassNames,
            metrics,
            temperature,
            unusable.Count,
            [.. mistakes.Select(mistake => (mistake, pictures[images[mistake.Image].Id]))],
            [.. suspects.Select(suspect => (suspect, pictures[images[suspect.Image].Id]))]
        );
        return new FinishedEvaluation(scores, result, evaluated, HtmlReport.Write(report));
    }

    private static List<EvaluatedImage> Describe(List<DatasetImage> images, LabelledLogits scores)
    {
        var probabilities = new double[scores.Classes];
        var evaluated = new List<EvaluatedImage>(images.Count);
        foreach (var (place, image) in images.Index())
        {
            scores.Probabilities(place, probabilities);
            var (label, predicted) = (scores.Labels[place], scores.Predictions[place]);
            evaluated.Add(
                new(image.Id, image.FileName, label, predicted, probabilities[predicted], probabilities[label])
            );
        }

        return evaluated;
    }

    private static string Words(EvaluationSplit split) =>
        split == EvaluationSplit.All ? "all splits" : $"split {WireNames.Get(split)}";
}

/// <summary>All that an evaluation leaves.</summary>
/// <param name="Scores">The logits and labels of the images that were scored.</param>
/// <param name="Result">The figures.</param>
/// <param name="Images">These images.</param>
/// <param name="Report">The report, as HTML.</param>
internal sealed record FinishedEvaluation(
    LabelledLogits Scores,
    EvaluationResult Result,
    IReadOnlyList<EvaluatedImage> Images,
    string Report
);
