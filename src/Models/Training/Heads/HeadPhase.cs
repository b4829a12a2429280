using ModelService.Models.Evaluation;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using ModelService.Models.Training.Data;
using ModelService.Models.Training.Process;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Heads;

/// <summary>
/// The first phase of fine-tuning: features of all images by the plan, then the head by logistic regression, with the
/// penalty that validates best.
/// </summary>
/// <param name="context">The run; borrowed.</param>
/// <param name="cut">The network, cut before its head.</param>
/// <param name="layer">Key of the head.</param>
internal sealed class HeadPhase(TrainingContext context, GraphCut cut, string layer)
{
    /// <summary>The phase's name.</summary>
    public const string Name = "head";

    private const double ShareOfTime = 0.85;
    private const double ShareOfTimeBeforeOthers = 0.5;
    private const int Folds = 5;
    private const int LeastToValidate = 50;
    private const int LeastSteps = 20; // of a fit, also when the time is over: it begins with zeros

    // From the strongest on: each fit begins with the one before.
    private static readonly double[] Penalties = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001];

    /// <summary>Computes the features and fits the head.</summary>
    public PhaseResult Run()
    {
        var begin = context.Clock.Elapsed;
        using var scope = NewDisposeScope();
        using var extractor = new FeatureExtractor(context, cut.Front);
        var isLast = context.Job.Definition.Method == TrainingMethod.Head;
        var share = isLast ? ShareOfTime : ShareOfTimeBeforeOthers;
        var until = begin + (context.Clock.Left * share);
        var most = (int)Math.Max(1, FeatureExtractor.MostBytes / (extractor.Length * sizeof(float)));
        var train = Shuffled(context[ImagePart.Train]).Take(most).ToArray();
        var val = Shuffled(context[ImagePart.Val]).Take(most).ToArray();
        var views = context.IsAugmented
            ? (int)Math.Clamp(most / Math.Max(1, train.Length), 1, FeatureExtractor.MostViews)
            : 1;
        var total = (long)val.Length + ((long)views * train.Length);
        context.Report.Phase(Name, $"Computes the features of {total} pictures, then fits the last layer.");
        var meter = new ProgressMeter(context, Name, total);

        var plain = new PictureInputs(context.Pictures, context.Ids, context.Sizes, seed: null);
        var started = context.Clock.Elapsed;
        // At most a third of the time.
        var third = Math.Min(begin + ((until - begin) * 0.3), context.Clock.End);
        var valFeatures = Compute(plain, val, 0, 0, third);
        val = val[..(int)valFeatures.shape[0]];
        context.ReserveFor((context.Clock.Elapsed - started) / Math.Max(1, val.Length));
        until = Math.Min(context.Clock.Elapsed + (context.Clock.Left * share), context.Clock.End);
        var parts = new List<Tensor> { Compute(plain, train, 0, val.Length, until) };
        var images = train[..(int)parts[0].shape[0]].ToList();
        if (images.Count < train.Length)
        {
            context.Report.Warn(
                "out_of_time",
                $"The time sufficed for {images.Count} of {train.Length} pictures; the head is trained with those."
            );
        }

        var changed = new PictureInputs(context.Pictures, context.Ids, context.Sizes, context.Job.Definition.Seed);
        for (var view = 1; view < views && context.Clock.Elapsed < until; view++)
        {
            var done = (long)val.Length + ((long)view * train.Length);
            parts.Add(Compute(changed, train[..(int)parts[0].shape[0]], view, done, until));
            images.AddRange(train.Take((int)parts[^1].shape[0]));
        }

        return Fit(cat([.. parts]), images, valFeatures, val, begin);

        Tensor Compute(IInputs inputs, int[] chosen, long epoch, long done, double end) =>
            chosen.Length == 0
                ? zeros(0, extractor.Length)
                : extractor.Compute(inputs, chosen, epoch, meter, done, end).flatten(1);
    }

    private PhaseResult Fit(Tensor features, List<int> images, Tensor valFeatures, int[] val, double begin)
    {
        var labels = images.ConvertAll(image => context.Labels[image]);
        double? penalty = val.Length >= LeastToValidate ? null : BestByFolds(features, images, labels);
        using var regression = new LogisticRegression(features, labels, context.ClassWeights, context.Classes);
        var parameters = regression.Start();
        (double Loss, double Penalty, double[] Parameters)? best = null;
        var steps = 0;
        foreach (var candidate in Penalties)
        {
            if (best is not null && (context.Clock.IsOver || candidate < penalty))
                break;
            regression.Fit(candidate, parameters, () => ++steps < LeastSteps || !context.Clock.IsOver);

            // Without a loss to choose by, the penalty of the folds is the last one that is fitted.
            var loss = penalty is null ? LogLoss(regression, parameters, valFeatures, val) : double.NegativeInfinity;
            if (best is not null && loss > best.Value.Loss)
                break; // weaker ones fit the training images more and more closely
            best = (loss, candidate, [.. parameters]);
        }

        using var scope = NewDisposeScope();
        var (weight, bias) = regression.Head(best!.Value.Parameters);
        var scores = val.Length == 0 ? null : Score(weight, bias, valFeatures, val);
        double? valLoss = scores is null ? null : Calibration.Measure(scores).LogLoss;
        var isKept = context.BestLoss is null || valLoss is null || valLoss < context.BestLoss;
        if (isKept)
        {
            context.Keep(HeadTensors(weight, bias));
            context.BestLoss = valLoss ?? double.MaxValue;
        }

        return new PhaseResult(
            Name,
            null,
            images.Count,
            context.Clock.Elapsed - begin,
            valLoss,
            scores is null ? null : ClassificationMetrics.Measure(scores).Accuracy.Value,
            $"Fitted to {images.Count} feature vectors with the penalty {best.Value.Penalty}.",
            isKept
        );
    }

    // With few validation images, their loss says little: the training images are divided into five instead.
    private double BestByFolds(Tensor features, List<int> images, List<int> labels)
    {
        var folds = images.ConvertAll(image => (int)(context.Hash(image) % Folds));
        var losses = new double[Penalties.Length];
        var until = context.Clock.Left / 2; // the other half is for the fit to all
        for (var fold = 0; fold < Folds; fold++)
        {
            var ofFold = new double[Penalties.Length];
            var (inside, outside) = (Rows(index => folds[index] != fold), Rows(index => folds[index] == fold));
            if (inside.Length == 0 || outside.Length == 0)
                continue;
            using var scope = NewDisposeScope();
            using var regression = new LogisticRegression(
                features[Indices(inside)],
                [.. inside.Select(row => labels[row])],
                context.ClassWeights,
                context.Classes
            );
            var parameters = regression.Start();
            var left = features[Indices(outside)];
            for (var index = 0; index < Penalties.Length && HasTime(); index++)
            {
                regression.Fit(Penalties[index], parameters, HasTime);
                var loss = LogLoss(regression, parameters, left, [.. outside.Select(row => images[row])]);
                ofFold[index] = loss * outside.Length;
            }

            if (!HasTime())
                break;
            System.Numerics.Tensors.TensorPrimitives.Add<double>(losses, ofFold, losses);
        }

        // Without time for a single fold, all losses are equal: the strongest penalty is the safe one.
        return Penalties[Array.IndexOf(losses, losses.Min())];

        bool HasTime() => double.IsPositiveInfinity(until) ? !context.Clock.IsOver : context.Clock.Left > until;

        int[] Rows(Func<int, bool> isIn) => [.. Enumerable.Range(0, images.Count).Where(isIn)];
        static Tensor Indices(int[] rows) => tensor(rows.Select(row => (long)row).ToArray());
    }

    private double LogLoss(LogisticRegression regression, double[] parameters, Tensor features, int[] images)
    {
        using var scope = NewDisposeScope();
        var (weight, bias) = regression.Head(parameters);
        return Calibration.Measure(Score(weight, bias, features, images)).LogLoss;
    }

    private LabelledLogits Score(Tensor weight, Tensor bias, Tensor features, int[] images)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var logits = TensorMemory.Elements<float>(nn.functional.linear(features, weight, bias).contiguous()).ToArray();
        return new LabelledLogits(logits, images.Select(image => context.Labels[image]), context.Classes);
    }

    private Dictionary<string, Tensor> HeadTensors(Tensor weight, Tensor bias)
    {
        var head = cut.Tail.Operators.OfType<LinearOperator>().First(item => item.Key == layer);
        var tensors = new Dictionary<string, Tensor> { [((NamedWeights)head.Weights).Name] = weight };
        if (head.Weights.Bias is { } name)
            tensors.Add(name, bias);
        return tensors;
    }

    private IEnumerable<int> Shuffled(IEnumerable<int> images) => images.OrderBy(context.Hash);
}
