using ModelService.Models.Datasets.Files;
using ModelService.Models.Errors;

namespace ModelService.Models.Datasets;

/// <summary>Finds all that is wrong with a data set before a model is trained on it.</summary>
internal static class DatasetChecks
{
    private const int MaxListed = 20;
    private const int FewImages = 20;
    private const int MostRatio = 10;
    private const int SmallerThanMedian = 4;

    /// <summary>Finds the problems.</summary>
    /// <param name="dataset">The data set.</param>
    /// <param name="splits">The split of each image, as uploaded or as assigned.</param>
    /// <exception cref="ServingException">A file of the data set can't be read.</exception>
    public static IReadOnlyList<DatasetProblem> Find(Dataset dataset, IReadOnlyList<Split> splits)
    {
        var signatures = SignatureFiles.Read(dataset.Images);
        return
        [
            .. OfClasses(dataset),
            .. OfGroups(dataset, splits),
            .. OfLooks(dataset, splits, new NearDuplicates(dataset.Images, signatures)),
            .. OfImages(dataset, signatures),
        ];
    }

    private static IEnumerable<DatasetProblem> OfClasses(Dataset dataset)
    {
        var counts = dataset.Classes.ToDictionary(label => label, _ => 0);
        foreach (var image in dataset.Images)
            counts[image.Label]++;
        if (counts.Count < 2)
        {
            yield return new DatasetProblem(
                DatasetProblemCode.TooFewClasses,
                ProblemSeverity.Error,
                $"The data set has {counts.Count} classes. A classifier needs two or more.",
                counts.Count,
                []
            );
        }

        if (Classes(counts, count => count == 0) is { Count: > 0 } empty)
            yield return Of(empty, DatasetProblemCode.EmptyClass, ProblemSeverity.Error, "no image");
        if (Classes(counts, count => count == 1) is { Count: > 0 } single)
            yield return Of(single, DatasetProblemCode.TooFewImages, ProblemSeverity.Error, "one image only");
        if (Classes(counts, count => count is > 1 and < FewImages) is { Count: > 0 } few)
        {
            yield return Of(
                few,
                DatasetProblemCode.FewImages,
                ProblemSeverity.Warning,
                $"fewer than {FewImages} images"
            );
        }

        var filled = counts.Where(pair => pair.Value > 0).ToList();
        if (filled.Count == 0)
            yield break;
        var (least, most) = (filled.MinBy(pair => pair.Value), filled.MaxBy(pair => pair.Value));
        if (most.Value > (long)MostRatio * least.Value)
        {
            yield return new DatasetProblem(
                DatasetProblemCode.Imbalance,
                ProblemSeverity.Warning,
                $"'{most.Key}' has {most.Value} images and '{least.Key}' has {least.Value}. A model may hardly learn "
                    + "the small class: add images to it, or use class weights.",
                filled.Count(pair => most.Value > (long)MostRatio * pair.Value),
                []
            );
        }
    }

    private static List<string> Classes(Dictionary<string, int> counts, Func<int, bool> condition) =>
        [.. counts.Where(pair => condition(pair.Value)).Select(pair => pair.Key)];

    private static DatasetProblem Of(
        List<string> classes,
        DatasetProblemCode code,
        ProblemSeverity severity,
        string found
    )
    {
        var names = string.Join(", ", classes.Take(MaxListed).Select(label => $"'{label}'"));
        var more = classes.Count > MaxListed ? $" and {classes.Count - MaxListed} more" : "";
        return new DatasetProblem(code, severity, $"Classes with {found}: {names}{more}.", classes.Count, []);
    }

    private static IEnumerable<DatasetProblem> OfGroups(Dataset dataset, IReadOnlyList<Split> splits)
    {
        var leaks = dataset
            .Images.Index()
            .Where(pair => pair.Item.Group is not null)
            .GroupBy(pair => pair.Item.Group)
            .Where(group => group.Select(pair => splits[pair.Index]).Distinct().Skip(1).Any())
            .SelectMany(group => group.Select(pair => pair.Index))
            .ToList();
        return Report(
            dataset,
            leaks,
            DatasetProblemCode.GroupLeak,
            "images are in groups that have images in several splits: scores on such a split are too good."
        );
    }

    private static IEnumerable<DatasetProblem> OfLooks(
        Dataset dataset,
        IReadOnlyList<Split> splits,
        NearDuplicates looks
    )
    {
        List<int> conflicts = [],
            leaks = [],
            same = [];
        foreach (var group in looks.Groups)
        {
            var hasLabels = group.Select(index => dataset.Images[index].Label).Distinct().Skip(1).Any();
            var hasSplits = group.Select(index => splits[index]).Distinct().Skip(1).Any();
            if (hasLabels)
                conflicts.AddRange(group);
            if (hasSplits)
                leaks.AddRange(group);
            if (!hasLabels && !hasSplits)
                same.AddRange(group);
        }

        return
        [
            .. Report(
                dataset,
                conflicts,
                DatasetProblemCode.LabelConflict,
                "images look like another one that has another label. Relabel or remove one of them."
            ),
            .. Report(
                dataset,
                leaks,
                DatasetProblemCode.SplitLeak,
                "images look like another one in another split: scores on that split are too good. Remove one of them."
            ),
            .. Report(
                dataset,
                same,
                DatasetProblemCode.NearDuplicates,
                "images look like another one of their class and split. Give them one group, so that they stay "
                    + "together when a split is drawn."
            ),
        ];
    }

    private static IEnumerable<DatasetProblem> OfImages(Dataset dataset, byte[] signatures)
    {
        var images = dataset.Images;
        if (images.Count == 0)
            return [];
        var plain = Enumerable
            .Range(0, images.Count)
            .Where(index =>
                NearDuplicates.IsPlain(signatures.AsSpan(index * ImageSignature.Length, ImageSignature.Length))
            );
        var sides = images.Select(Side).Order().ToList();
        var median = sides[sides.Count / 2];
        var small = Enumerable.Range(0, images.Count).Where(i => Side(images[i]) * (long)SmallerThanMedian < median);
        return
        [
            .. Report(dataset, [.. plain], DatasetProblemCode.OneColor, "images have one colour, and show nothing."),
            .. Report(
                dataset,
                [.. small],
                DatasetProblemCode.SmallImages,
                $"images are far smaller than the others, whose shorter side has {median} pixels in the middle."
            ),
        ];
    }

    private static int Side(DatasetImage image) => Math.Min(image.Width, image.Height);

    private static IEnumerable<DatasetProblem> Report(
        Dataset dataset,
        List<int> places,
        DatasetProblemCode code,
        string message
    ) =>
        places.Count == 0
            ? []
            :
            [
                new DatasetProblem(
                    code,
                    ProblemSeverity.Warning,
                    $"{places.Count} {message}",
                    places.Count,
                    [.. places.Take(MaxListed).Select(index => dataset.Images[index].Id)]
                ),
            ];
}
