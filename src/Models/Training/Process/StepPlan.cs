using ModelService.Models.Training.Data;
using ModelService.Models.Training.Optimization;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Process;

/// <summary>
/// Plans the steps of a phase. The schedule needs their number before the first one, so where the time is limited, a
/// few steps are timed and then undone.
/// </summary>
internal static class StepPlan
{
    private const int WarmupSteps = 1; // it allocates memory and chooses algorithms, so the best of all is what counts
    private const int MeasuredSteps = 2;

    /// <summary>Plans a phase.</summary>
    /// <param name="context">The run.</param>
    /// <param name="definition">The phase.</param>
    /// <param name="batches">Its batches.</param>
    /// <param name="create">Makes a trainer that is like the phase's own.</param>
    /// <returns>The number of steps; 0 when there is no time for one.</returns>
    public static long Create(
        TrainingContext context,
        PhaseDefinition definition,
        Batches batches,
        Func<Trainer> create
    )
    {
        var all = definition.Epochs * batches.Count;
        if (double.IsPositiveInfinity(context.Clock.Left))
            return all;
        var time = context.Clock.Left * definition.TimeShare;
        using var measured = create();
        var (best, total) = (double.MaxValue, 0.0);
        for (var step = 0; step < WarmupSteps + MeasuredSteps && total < time; step++)
        {
            var before = context.Clock.Elapsed;
            using var batch = batches.Create(step, context.Threads);
            using var scope = NewDisposeScope();
            measured.Step(batch.Inputs.to(context.Device), batch.Labels.to(context.Device), 0);
            var took = context.Clock.Elapsed - before;
            (best, total) = (Math.Min(best, took), total + took);
        }

        // Without gradients and with the plan, an image takes about a third of the time.
        context.ReserveFor(0.35 * best / definition.BatchSize);
        time = Math.Min(time, context.Clock.Left * definition.TimeShare);
        var validation = 0.4 * best * context[ImagePart.Val].Length / definition.BatchSize / batches.Count;
        return (long)Math.Clamp(time / (best + validation), 0, all);
    }
}
