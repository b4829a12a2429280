using System.Globalization;
using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Evaluation;
using ModelService.Models.Evaluation.Runs;
using ModelService.Models.Registry;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Runs;

/// <summary>
/// Decides whether the result of a training may become the default version: by the figures that the client asks for,
/// and by a comparison with the default version on the same images.
/// </summary>
/// <param name="models">The models.</param>
/// <param name="datasets">The data sets.</param>
/// <param name="scorer">Scores the images with the default version.</param>
internal sealed class TrainingGate(ModelCatalog models, DatasetCatalog datasets, EvaluationScorer scorer)
{
    // The chance of so large a difference between equally good versions.
    private const double Significance = 0.05;

    /// <summary>Decides.</summary>
    /// <param name="job">The job.</param>
    /// <param name="result">Its result.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether it may become the default, and why.</returns>
    public async Task<(bool Promoted, string Reason)> DecideAsync(
        TrainingJob job,
        TrainingResult result,
        CancellationToken cancellationToken
    )
    {
        if (result.Warnings.FirstOrDefault(warning => warning.Code is "diverged" or "collapsed") is { } warning)
            return (false, warning.Message);
        var promote = job.Definition.Promote ?? new PromoteDefinition();
        if (MissedFigure(promote.AtLeast, result.Val) is { } missed)
            return (false, missed);
        if (promote.NotWorseThan == PromoteRival.None)
            return (true, "It was asked to become the default.");
        if (!models.Find(job.Model.Definition.Name, null).TryGet(out var current, out _))
            return (true, "It is the first version.");
        if (result.Val is not { } val)
            return (true, "There are no validation images to compare it with the default version.");
        try
        {
            return await CompareAsync(job, val, current.Version, cancellationToken);
        }
        catch (ServingException exception)
        {
            // The version is kept in any case, so the training must not fail by this.
            return (
                false,
                $"It could not be compared with version {current.Version.Version}: {exception.Message} "
                    + "Pin this version to make it the default."
            );
        }
    }

    private async Task<(bool, string)> CompareAsync(
        TrainingJob job,
        ResultFigures val,
        ModelVersion rival,
        CancellationToken cancellationToken
    )
    {
        var model = rival.Resolved;
        var names = LabelMatch.NamesOf(model.Definition.Labels, model.ClassCount);
        var labels = job.Model.Definition.Labels!;
        if (!LabelMatch.Find(rival.Name, names, labels).TryGet(out var classes, out _))
        {
            return rival.Current.Weights?.State == Weights.WeightsState.Random
                ? (true, $"Version {rival.Version} has random weights.")
                : (false, $"Version {rival.Version} knows other classes. Pin this version to make it the default.");
        }

        var byId = datasets
            .Find(job.Definition.Dataset, job.Definition.Revision)
            .Value?.Images.ToDictionary(image => image.Id);
        DatasetImage[] images =
        [
            .. val.Places.Select(place => byId?.GetValueOrDefault(job.Images[place].Id)).OfType<DatasetImage>(),
        ];
        if (images.Length != val.Places.Count)
            return (false, "The data set was changed or deleted meanwhile: it could not be compared.");
        var scored = await scorer.ScoreAsync(rival, images, _ => { }, cancellationToken);
        var (mine, theirs) = (new List<bool>(), new List<bool>());
        foreach (var (index, place) in val.Places.Index())
        {
            var label = job.Images[place].Label;
            mine.Add(val.Predictions[index] == label);
            theirs.Add(
                scored.Failures[index] is null
                    && System.Numerics.Tensors.TensorPrimitives.IndexOfMax(scored.Row(index)) == classes[labels[label]]
            );
        }

        var test = McNemar.Test(mine, theirs);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Share(mine):0.0} % of {mine.Count} validation images are right, "
                + $"and {Share(theirs):0.0} % with version {rival.Version}"
        );
        return test.OnlySecond > test.OnlyFirst && test.PValue < Significance
            ? (false, $"{text}: it is worse by more than chance (McNemar's test).")
            : (true, $"{text}: it is not worse by more than chance (McNemar's test).");
    }

    private static double Share(List<bool> right) => 100.0 * right.Count(isRight => isRight) / right.Count;

    private static string? MissedFigure(PromoteFigures? least, ResultFigures? val)
    {
        if (least is null)
            return null;
        if (val is null)
            return "There are no validation images, so the least figures can't be checked.";
        return Missed("accuracy", least.Accuracy, val.Accuracy) ?? Missed("macro F1", least.MacroF1, val.MacroF1);
    }

    private static string? Missed(string name, double? least, double reached) =>
        reached < least
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The {name} on the validation images is {reached:0.000}; at least {least:0.000} was asked for."
            )
            : null;
}
