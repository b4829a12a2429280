namespace ModelService.Models.Training.Optimization;

/// <summary>The learning rate and momentum of each step of a run.</summary>
/// <param name="definition">The form.</param>
/// <param name="highest">The highest learning rate.</param>
/// <param name="steps">Steps of the run.</param>
/// <param name="warmup">With cosine: steps that warm up.</param>
/// <param name="period">With step: steps from one fall to the next.</param>
internal sealed class Schedule(ScheduleDefinition definition, double highest, long steps, long warmup, long period)
{
    /// <summary>The schedule of a run.</summary>
    /// <param name="definition">The form; its times are shares of the run, or epochs.</param>
    /// <param name="highest">The highest learning rate.</param>
    /// <param name="steps">Steps of the run.</param>
    /// <param name="stepsOfEpoch">Steps of an epoch.</param>
    public static Schedule Create(ScheduleDefinition definition, double highest, long steps, long stepsOfEpoch) =>
        new(
            definition,
            highest,
            steps,
            (long)Math.Round(steps * definition.Warmup),
            definition.StepSize * stepsOfEpoch
        );

    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    public double Rate(long step)
    {
        switch (definition.Type)
        {
            case ScheduleType.Step:
                return highest * Math.Pow(definition.Gamma, step / period);
            case ScheduleType.Cosine when step < warmup:
                return highest * (step + 1) / warmup;
            case ScheduleType.Cosine:
                return Cosine(highest, definition.MinLr, (double)(step - warmup) / (steps - warmup));
            case ScheduleType.OneCycle:
                var first = highest / definition.DivFactor;
                return Cycle(step, first, highest, first / definition.FinalDivFactor);
            default:
                return highest;
        }
    }

    /// <summary>The momentum of a step; null where the schedule leaves it alone.</summary>
    /// <param name="step">The step, from 0.</param>
    public double? Momentum(long step) =>
        definition is { Type: ScheduleType.OneCycle, CycleMomentum: true }
            ? Cycle(step, definition.MaxMomentum, definition.BaseMomentum, definition.MaxMomentum)
            : null;

    // Source: torch.optim.lr_scheduler.OneCycleLR with two phases.
    private double Cycle(long step, double first, double middle, double last)
    {
        var turn = (definition.PctStart * steps) - 1;
        return step <= turn
            ? Cosine(first, middle, turn <= 0 ? 1 : step / turn)
            : Cosine(middle, last, Math.Min(1, (step - turn) / (steps - 1 - turn)));
    }

    private static double Cosine(double from, double to, double share) =>
        to + ((from - to) / 2 * (1 + Math.Cos(Math.PI * share)));
}
