using System.Text.Json;
using ModelService.Models.Evaluation;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using ModelService.Models.Training.Heads;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Process;

/// <summary>
/// A run from its photos to its weights: reads the pictures, runs the phases of its method, calibrates.
/// </summary>
/// <param name="context">The run; borrowed.</param>
/// <param name="folder">The run's folder, which receives the result.</param>
internal sealed class TrainingSession(TrainingContext context, string folder)
{
    private const int LeastToCalibrate = 20;

    private readonly PhaseRecipes recipes = new(context);

    private TrainingDefinition Definition => context.Job.Definition;

    /// <summary>Trains, and writes the result into the folder.</summary>
    /// <exception cref="TrainingFailedException">There is no result.</exception>
    public void Run()
    {
        var stored = context.Checkpoint.ReadState();
        if (stored is not null)
            Restore(stored);
        ReadPictures();
        if (context.Job.HasHead && stored is null && context[ImagePart.Val].Length > 0 && !StartsAnew)
            context.BestLoss = Calibration.Measure(context.ScoreBest(context[ImagePart.Val])[0]!).LogLoss;

        foreach (var (name, create) in Phases())
        {
            if (context.Ended.Exists(phase => phase.Name == name))
                continue;
            var isFirst = context.Ended.Count == 0;
            var helped = context.Ended.LastOrDefault()?.IsKept ?? true;
            if (!isFirst && (context.Clock.IsOver || (Definition.Method == TrainingMethod.Auto && !helped)))
                break;
            if (create(stored?.Phase is { } phase && phase.Name == name ? phase : null) is not { } result)
                continue;
            context.Ended.Add(result);
            context.Save(null, new Dictionary<string, Tensor>());
        }

        if (!context.Ended.Exists(phase => phase.IsKept) && (context.Job.IsRandom || StartsAnew))
            throw new TrainingFailedException(WhyNothing());
        WriteResult();
    }

    private bool StartsAnew => Definition.Method == TrainingMethod.Scratch;

    private void Restore(CheckpointState stored)
    {
        context.Clock.Before = stored.Elapsed;
        context.CpuBefore = stored.CpuSeconds;
        context.BestLoss = stored.BestLoss;
        context.Ended.AddRange(stored.Ended);
        context.Checkpoint.ReadInto(
            context.Best.StateDict.ToDictionary(item => $"best.{item.Key}", item => item.Value)
        );
        context.Report.Phase("resume", $"Goes on after {stored.Elapsed:0.0} seconds.");
    }

    private void ReadPictures()
    {
        var images = context.Job.Images;

        // Some may be unreadable, but with a whole upload missing, the result would not be what was asked for.
        if (images.Select(image => image.Path).Distinct().Any(path => !File.Exists(path)))
            throw new TrainingFailedException("The data set was deleted after the training was asked for.");
        context.Report.Phase("photos", $"Reads {images.Count} pictures.");
        var meter = new ProgressMeter(context, "photos", images.Count);
        var unreadable = context.Pictures.Load(images, context.Threads, context.Job.Imaging, done => meter.Add(done));
        foreach (var (index, message) in unreadable.Take(20))
            context.Report.Warn("image_unreadable", $"{images[index].Id} is left out: {message}");
        context.Divide(unreadable);
        if (context[ImagePart.Train].Length == 0)
            throw new TrainingFailedException("None of the training pictures can be read.");
    }

    // The phases of the method, each with what runs it; null: it does not apply to this network.
    private IEnumerable<(string Name, Func<PhaseState?, PhaseResult?> Run)> Phases()
    {
        if (StartsAnew || context.Job.IsRandom)
        {
            yield return ("scratch", stored => RunGradient(recipes.FromScratch(), stored));
            yield break;
        }

        var head = context.Job.Model.Analysis.Head!.Key;
        var cut = GraphCut.BeforeHead(context.Graph, head);
        var isLinear = cut is { Value.Shape.Rank: 1, Tail.Operators: [LinearOperator] };
        yield return isLinear
            ? (HeadPhase.Name, _ => new HeadPhase(context, cut!, head).Run())
            : (HeadPhase.Name, stored => RunGradient(recipes.HeadByGradients(head), stored));
        if (Definition.Method is TrainingMethod.Auto or TrainingMethod.LastStage)
            yield return ("last_stage", RunLastStage);
        if (Definition.Method is TrainingMethod.Auto or TrainingMethod.All)
        {
            yield return (
                "all",
                stored => RunGradient(recipes.Tuning("all", context.Graph, _ => true, 1e-4 * 0.3, 1), stored)
            );
        }
    }

    private PhaseResult? RunLastStage(PhaseState? stored)
    {
        if (GraphCut.BeforeLastStage(context.Graph) is not { } cut)
            return null;
        const string Name = "last_stage";
        const double Rate = 1e-4;
        var keys = cut.Tail.Operators.Select(item => item.Key).ToHashSet();
        var share = Definition.Method == TrainingMethod.Auto ? 0.5 : 1;
        using var features = StoredFeatures.TryCompute(context, cut, Name, share);
        var tuning = recipes.Tuning(
            Name,
            features is null ? context.Graph : cut.Tail,
            spec => keys.Contains(spec.Layer),
            Rate,
            share
        );
        if (features is not null)
            tuning = tuning with { Train = features.Train, Val = features.Val };
        return RunGradient(tuning, stored);
    }

    private PhaseResult RunGradient(PhaseDefinition definition, PhaseState? stored)
    {
        context.Report.Phase(definition.Name, $"Trains with {context[ImagePart.Train].Length} pictures.");
        using var phase = new GradientPhase(context, definition, stored);
        return phase.Run();
    }

    private string WhyNothing() =>
        context.Ended.LastOrDefault() is { } last
            ? $"No phase has brought usable weights. {last.Reason}"
            : "The time was over before the first phase.";

    private void WriteResult()
    {
        context.Report.Phase("result", "Measures and calibrates the result.");
        var (val, test) = (context[ImagePart.Val], context[ImagePart.Test]);
        var scored = context.ScoreBest(val, test);
        var temperature = scored[0] is { } ofVal ? Calibrate(ofVal) : null;
        WarnIfCollapsed(scored[0]);
        Checkpoint.Write(
            Path.Combine(folder, TrainingJob.ResultWeights),
            context.Best.StateDict,
            new Dictionary<string, string> { ["format"] = "pt" }
        );
        var result = new TrainingResult(
            Math.Round(context.Clock.Elapsed, 2),
            Math.Round(context.CpuBefore + Environment.CpuUsage.TotalTime.TotalSeconds, 2),
            context.Threads,
            context.Device.ToString(),
            temperature,
            context.Ended,
            context.Report.Warnings,
            new TrainedImages(context[ImagePart.Train].Length),
            Figures(scored[0], val, temperature),
            Figures(scored[1], test, temperature)
        );
        var path = Path.Combine(folder, TrainingJob.Result);
        File.WriteAllText(path + ".tmp", JsonSerializer.Serialize(result, TrainingJson.Options));
        File.Move(path + ".tmp", path, overwrite: true);
    }

    private static ResultFigures? Figures(LabelledLogits? scores, int[] images, double? temperature)
    {
        if (scores is null)
            return null;
        var (metrics, calibration) = (
            ClassificationMetrics.Measure(scores),
            Calibration.Measure(scores, temperature ?? 1)
        );
        return new ResultFigures(
            images.Length,
            metrics.Accuracy.Value,
            metrics.Macro.F1,
            calibration.LogLoss,
            calibration.ExpectedCalibrationError,
            temperature is null ? null : metrics.Calibration.LogLoss,
            temperature is null ? null : metrics.Calibration.ExpectedCalibrationError,
            images,
            scores.Predictions
        );
    }

    // Divides the head by the temperature, so that serving gives calibrated probabilities without knowing of it.
    private double? Calibrate(LabelledLogits scores)
    {
        var last = context.Graph.Operators[^1];
        if (scores.Count < LeastToCalibrate || last is not LinearOperator { Weights: NamedWeights weights })
            return null;
        var temperature = Temperature.Fit(scores);
        if (temperature.IsBound)
            return null;
        using var untracked = no_grad();
        TensorMath.Scale(context.Best[weights.Name], 1 / temperature.Value);
        if (weights.Bias is { } bias)
            TensorMath.Scale(context.Best[bias], 1 / temperature.Value);
        return temperature.Value;
    }

    private void WarnIfCollapsed(LabelledLogits? scores)
    {
        if (scores is null || scores.Labels.Distinct().Count() < 2 || scores.Predictions.Distinct().Count() > 1)
            return;
        var label = context.Job.Model.Definition.Labels?[scores.Predictions[0]];
        context.Report.Warn(
            "collapsed",
            $"The network gives every validation image the class '{label}'. Give it more time or a lower learning rate."
        );
    }
}

/// <summary>A run ended without a result.</summary>
/// <param name="message">Why, in a sentence.</param>
internal sealed class TrainingFailedException(string message) : Exception(message);
