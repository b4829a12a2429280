using ModelService.Models.Evaluation;
using ModelService.Models.Training.Data;
using ModelService.Models.Training.Optimization;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Process;

/// <summary>Runs a phase that trains by gradients: steps, validation after each epoch, and checkpoints.</summary>
internal sealed class GradientPhase : IDisposable
{
    // Of the time: large networks take longer to write.
    private const double MostShareOfCheckpoints = 0.02;

    private readonly TrainingContext context;
    private readonly PhaseDefinition definition;
    private readonly Batches batches;
    private readonly ProgressMeter meter;
    private readonly Trainer trainer;
    private readonly Tensor bestValues;
    private readonly Tensor bestStatistics;
    private readonly double begin;
    private readonly double deadline; // of the phase
    private PhaseState state;

    /// <summary>Prepares a phase, or goes on with one that was interrupted.</summary>
    /// <param name="context">The run; borrowed.</param>
    /// <param name="definition">The phase.</param>
    /// <param name="stored">Its state when it was interrupted; null: it begins.</param>
    public GradientPhase(TrainingContext context, PhaseDefinition definition, PhaseState? stored)
    {
        (this.context, this.definition, begin) = (context, definition, context.Clock.Elapsed);
        var images = context[ImagePart.Train];
        batches = new Batches(
            definition.Train,
            images,
            context.Ids,
            context.Labels,
            Math.Min(definition.BatchSize, images.Length),
            context.Job.Definition.Seed
        );
        deadline = begin + (context.Clock.Left * definition.TimeShare);
        state =
            stored
            ?? new PhaseState(
                definition.Name,
                StepPlan.Create(context, definition, batches, CreateTrainer),
                0,
                null,
                0,
                0,
                0,
                0
            );
        meter = new ProgressMeter(context, definition.Name, state.Planned);
        trainer = CreateTrainer();
        using var scope = NewDisposeScope();
        bestValues = trainer.Parameters.Values.detach().clone().DetachFromDisposeScope();
        bestStatistics = trainer.Parameters.Statistics.clone().DetachFromDisposeScope();
        if (stored is null)
            return;
        trainer.Optimizer.Steps = stored.Step;
        ReadCheckpoint();
    }

    /// <summary>Trains until the phase ends.</summary>
    /// <returns>What it has brought; its best weights are the run's if they are better than those before.</returns>
    public PhaseResult Run()
    {
        if (state.Planned == 0)
            return Result("There was no time left for it.", isKept: false, null);
        var schedule = CreateSchedule();
        var (firstStep, started) = (state.Step, context.Clock.Elapsed);
        string? reason = null;
        var nextSave = context.Clock.Elapsed + context.SecondsBetweenCheckpoints;
        var isDiverged = false;
        var next = Task.Run(() => batches.Create(state.Step, context.Threads));
        try
        {
            while (state.Step < state.Planned)
            {
                // Waits on this thread: dispose scopes belong to a thread, so nothing here may await.
                using var batch = next.GetAwaiter().GetResult();
                var following = state.Step + 1;
                next = Task.Run(() => batches.Create(following, context.Threads));
                if (!Step(batch, schedule))
                {
                    reason = "The loss was not a finite number: the training has diverged.";
                    isDiverged = true;
                    context.Report.Warn("diverged", $"{reason} Try a lower learning rate.");
                    break;
                }

                if (state.Step % batches.Count == 0 || state.Step == state.Planned)
                {
                    EndEpoch();
                    if (IsOutOfPatience())
                    {
                        reason = "The validation loss did not get better any more.";
                        break;
                    }
                }

                if (context.Clock.IsOver || context.Clock.Elapsed > deadline)
                {
                    reason = context.Clock.IsAskedToFinish ? "It was asked to finish." : "The time was over.";
                    break;
                }

                var now = context.Clock.Elapsed;
                if (now < nextSave)
                    continue;
                if (Replan((now - started) / (state.Step - firstStep)))
                    schedule = CreateSchedule();
                context.Save(state, Tensors());
                var took = context.Clock.Elapsed - now;
                nextSave = now + Math.Max(context.SecondsBetweenCheckpoints, took / MostShareOfCheckpoints);
            }
        }
        finally
        {
            next.GetAwaiter().GetResult().Dispose();
        }

        if (state.Seen > 0 && !isDiverged)
            EndEpoch(); // cut off by the time
        return Finish(reason ?? WhyDone());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        bestValues.Dispose();
        bestStatistics.Dispose();
        trainer.Dispose();
    }

    private Trainer CreateTrainer() =>
        new(
            definition.Graph,
            new FlatParameters(context.Specs, context.Best, definition.IsTrained, context.Device),
            definition.Optimizer,
            definition.Objective,
            definition.Mode
        );

    private Schedule CreateSchedule() =>
        Schedule.Create(definition.Schedule, definition.Optimizer.HighestRate, state.Planned, batches.Count);

    // On a machine that has become slower, fewer steps let the learning rate still come to its end.
    private bool Replan(double secondsOfStep)
    {
        if (double.IsPositiveInfinity(deadline))
            return false;
        var possible = state.Step + (long)((deadline - context.Clock.Elapsed) / secondsOfStep);
        if (possible >= 0.98 * state.Planned || possible <= state.Step)
            return false;
        state = state with { Planned = possible };
        meter.Total = possible;
        return true;
    }

    // One step of the optimiser; false when the loss was not finite.
    private bool Step(Batch batch, Schedule schedule)
    {
        using var scope = NewDisposeScope();
        manual_seed(unchecked((context.Job.Definition.Seed * 1_000_003) + state.Step)); // of dropout
        var rate = schedule.Rate(state.Step);
        var result = trainer.Step(
            batch.Inputs.to(context.Device),
            batch.Labels.to(context.Device),
            rate,
            schedule.Momentum(state.Step)
        );
        if (!double.IsFinite(result.Loss))
            return false;
        var count = (int)batch.Labels.shape[0];
        state = state with
        {
            Step = state.Step + 1,
            LossSum = state.LossSum + (result.Loss * count),
            Right = state.Right + result.Right,
            Seen = state.Seen + count,
        };
        meter.Add(state.Step, 1 + ((state.Step - 1) / batches.Count), result, count, rate);
        return true;
    }

    private void EndEpoch()
    {
        var epoch = (state.Step + batches.Count - 1) / batches.Count;
        trainer.ExchangeAverage();
        var val = context[ImagePart.Val];
        LabelledLogits? scores = val.Length == 0 ? null : context.Score(trainer.Score, definition.Val, val);
        var trainLoss = state.LossSum / Math.Max(1, state.Seen);
        var loss = scores is null ? trainLoss : Calibration.Measure(scores).LogLoss;
        var isBest = state.BestLoss is null || loss < state.BestLoss;
        if (isBest)
        {
            using var untracked = no_grad();
            bestValues.copy_(trainer.Parameters.Values);
            bestStatistics.copy_(trainer.Parameters.Statistics);
        }

        trainer.ExchangeAverage();
        context.Report.Epoch(
            new TrainingEpoch(
                definition.Name,
                epoch,
                state.Step,
                trainLoss,
                (double)state.Right / Math.Max(1, state.Seen),
                scores is null ? null : loss,
                scores is null ? null : ClassificationMetrics.Measure(scores).Accuracy.Value,
                isBest
            )
        );
        state = state with
        {
            BestLoss = isBest ? loss : state.BestLoss,
            BestEpoch = isBest ? epoch : state.BestEpoch,
            LossSum = 0,
            Right = 0,
            Seen = 0,
        };
    }

    private string WhyDone() =>
        state.Planned < definition.Epochs * batches.Count
            ? "As many steps as the time allowed are done."
            : "All epochs are done.";

    private bool IsOutOfPatience() =>
        context[ImagePart.Val].Length > 0 && (state.Step / batches.Count) - state.BestEpoch >= definition.Patience;

    private PhaseResult Finish(string reason)
    {
        using (no_grad())
        {
            trainer.Parameters.Values.copy_(bestValues);
            trainer.Parameters.Statistics.copy_(bestStatistics);
        }

        var val = context[ImagePart.Val];
        var scores = val.Length == 0 ? null : context.Score(trainer.Score, definition.Val, val);
        var loss = scores is null ? state.BestLoss : Calibration.Measure(scores).LogLoss;
        var isKept = state.BestLoss is not null && (context.BestLoss is null || loss < context.BestLoss);
        if (isKept)
        {
            context.Keep(trainer.Parameters.Store.StateDict);
            context.BestLoss = loss;
        }

        return Result(reason, isKept, scores);
    }

    private PhaseResult Result(string reason, bool isKept, LabelledLogits? scores) =>
        new(
            definition.Name,
            (double)state.Step / batches.Count,
            state.Step,
            context.Clock.Elapsed - begin,
            scores is null ? null : Calibration.Measure(scores).LogLoss,
            scores is null ? null : ClassificationMetrics.Measure(scores).Accuracy.Value,
            reason,
            isKept
        );

    private Dictionary<string, Tensor> Tensors()
    {
        var tensors = new Dictionary<string, Tensor>
        {
            ["values"] = trainer.Parameters.Values,
            ["statistics"] = trainer.Parameters.Statistics,
            ["best_values"] = bestValues,
            ["best_statistics"] = bestStatistics,
        };
        if (trainer.Average is { } average)
        {
            tensors.Add("average", average);
            tensors.Add("average_statistics", trainer.AverageStatistics!);
        }

        foreach (var (name, tensor) in trainer.Optimizer.Memory)
            tensors.Add($"optimizer.{name}", tensor);
        foreach (var spec in context.Specs.Where(spec => spec.IsCounter))
            tensors.Add($"counter.{spec.Name}", trainer.Parameters.Store[spec.Name]);
        return tensors;
    }

    private void ReadCheckpoint()
    {
        using var untracked = no_grad();
        context.Checkpoint.ReadInto(Tensors());
    }
}
