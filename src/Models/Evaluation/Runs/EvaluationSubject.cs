using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using DatasetSplit = ModelService.Models.Datasets.Split;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>A version and the images that it is evaluated on.</summary>
/// <param name="Version">The version.</param>
/// <param name="Dataset">The revision of the data set.</param>
/// <param name="Split">The split.</param>
/// <param name="Images">The images of the split, at least one.</param>
/// <param name="ClassNames">The names of the model's classes, in the order of its scores.</param>
/// <param name="Classes">The class of each label of the images.</param>
internal sealed record EvaluationSubject(
    ModelVersion Version,
    Dataset Dataset,
    EvaluationSplit Split,
    IReadOnlyList<DatasetImage> Images,
    IReadOnlyList<string> ClassNames,
    IReadOnlyDictionary<string, int> Classes
)
{
    /// <summary>The number of scores: images times classes.</summary>
    public long Scores => (long)Images.Count * ClassNames.Count;

    /// <summary>Reads the images of a split, and finds their classes.</summary>
    /// <param name="version">The version.</param>
    /// <param name="dataset">The revision of the data set.</param>
    /// <param name="split">The split; null: the best one that there is.</param>
    /// <returns>
    /// The subject; <see cref="ErrorCode.SplitEmpty"/>, <see cref="ErrorCode.LabelsUnknown"/>,
    /// <see cref="ErrorCode.InputMismatch"/>: the model takes no pictures; or <see cref="ErrorCode.ModelNotReady"/>.
    /// </returns>
    public static Outcome<EvaluationSubject> Read(ModelVersion version, Dataset dataset, EvaluationSplit? split)
    {
        if (version.Current is not { Resolved: { } model, WeightsFile: not null })
            return version.NotReady();
        if (model.Preprocessing is null)
        {
            return new Failure(
                ErrorCode.InputMismatch,
                $"The model '{version.Name}' takes {model.Analysis.Input}, and a photo can't be turned into that."
            );
        }

        var splits = DatasetSplits.Uploaded(dataset.Images);
        var chosen = split ?? Choose(splits);
        List<DatasetImage> images =
        [
            .. dataset
                .Images.Zip(splits)
                .Where(item => chosen == EvaluationSplit.All || item.Second == SplitOf(chosen))
                .Select(item => item.First),
        ];
        if (images.Count == 0)
            return Empty(dataset, splits, chosen);
        var names = LabelMatch.NamesOf(model.Definition.Labels, model.ClassCount);
        return LabelMatch
            .Find(version.Name, names, images.Select(image => image.Label))
            .Then(classes => new EvaluationSubject(version, dataset, chosen, images, names, classes));
    }

    private static EvaluationSplit Choose(IReadOnlyList<DatasetSplit> splits) =>
        splits.Contains(DatasetSplit.Test) ? EvaluationSplit.Test
        : splits.Contains(DatasetSplit.Val) ? EvaluationSplit.Val
        : EvaluationSplit.All;

    private static DatasetSplit SplitOf(EvaluationSplit split) =>
        split switch
        {
            EvaluationSplit.Train => DatasetSplit.Train,
            EvaluationSplit.Val => DatasetSplit.Val,
            _ => DatasetSplit.Test,
        };

    private static Failure Empty(Dataset dataset, IReadOnlyList<DatasetSplit> splits, EvaluationSplit chosen)
    {
        var counts = splits.CountBy(split => split).Select(item => $"{WireNames.Get(item.Key)} {item.Value}").ToList();
        return new Failure(
            ErrorCode.SplitEmpty,
            $"Revision {dataset.Revision} of '{dataset.Name}' has no image "
                + (chosen == EvaluationSplit.All ? "at all." : $"in the split '{WireNames.Get(chosen)}'.")
                + (counts.Count == 0 ? "" : $" It has: {string.Join(", ", counts)}.")
        );
    }
}
