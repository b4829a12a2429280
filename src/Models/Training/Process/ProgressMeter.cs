using ModelService.Models.Training.Optimization;

namespace ModelService.Models.Training.Process;

/// <summary>Tells how far a phase is, at most every half second, and less often in long runs.</summary>
/// <param name="context">The run.</param>
/// <param name="phase">The phase.</param>
/// <param name="total">Its steps or images.</param>
internal sealed class ProgressMeter(TrainingContext context, string phase, long total)
{
    private const double LeastSeconds = 0.5;

    // So that a run of any length tells about a thousand points.
    private const double ShareOfElapsed = 0.001;

    private readonly double started = context.Clock.Elapsed;
    private readonly Lock gate = new();
    private double last = context.Clock.Elapsed;
    private long begun = -1;
    private double loss;
    private long right;
    private long images;
    private long counted;

    /// <summary>Steps or images of the phase.</summary>
    public long Total { get; set; } = total;

    /// <summary>Counts a step of an optimiser.</summary>
    public void Add(long step, long epoch, StepResult result, int count, double rate)
    {
        (loss, right, images) = (loss + (result.Loss * count), right + result.Right, images + count);
        Tell(step, count, epoch, rate, isLast: step == Total);
    }

    /// <summary>Counts images of a phase without steps; from any thread.</summary>
    /// <param name="done">Images that are done.</param>
    public void Add(long done)
    {
        lock (gate)
            Tell(done, 1, null, null, isLast: done == Total);
    }

    private void Tell(long done, int count, long? epoch, double? rate, bool isLast)
    {
        if (begun < 0)
            begun = done - (epoch is null ? count : 1);
        counted += count;
        var now = context.Clock.Elapsed;
        if (now - last < Math.Max(LeastSeconds, ShareOfElapsed * now) && !isLast)
            return;
        last = now;
        var perSecond = counted / Math.Max(1e-9, now - started);
        var perStep = (now - started) / Math.Max(1, done - begun);
        context.Report.Progress(
            new TrainingProgress(
                phase,
                done,
                Total,
                epoch,
                counted,
                images == 0 ? null : loss / images,
                images == 0 ? null : (double)right / images,
                rate,
                Math.Round(perSecond, 1),
                Math.Round(now, 2),
                Math.Round(perStep * (Total - done), 1)
            )
        );
        (loss, right, images) = (0, 0, 0);
    }
}
