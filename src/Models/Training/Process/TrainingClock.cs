using System.Diagnostics;

namespace ModelService.Models.Training.Process;

/// <summary>The time of a run: what it has taken, also before it was interrupted, and what its budget leaves.</summary>
/// <param name="budget">Seconds of the run; null: no limit.</param>
internal sealed class TrainingClock(double? budget)
{
    private readonly long started = Stopwatch.GetTimestamp();

    /// <summary>Seconds of the run; infinite without a limit.</summary>
    public double Budget => budget ?? double.PositiveInfinity;

    /// <summary>Seconds that the run took before it was interrupted.</summary>
    public double Before { get; set; }

    /// <summary>Whether the user has asked for the result as it is.</summary>
    public bool IsAskedToFinish { get; set; }

    /// <summary>Seconds that measuring the result and making the version will take.</summary>
    public double Reserve { get; set; }

    /// <summary>Seconds that the run has taken.</summary>
    public double Elapsed => Before + Stopwatch.GetElapsedTime(started).TotalSeconds;

    /// <summary>Seconds that are left for training: what measuring and writing the result takes is set aside.</summary>
    public double Left =>
        IsAskedToFinish ? 0
        : budget is { } seconds ? Math.Max(0, seconds - Elapsed - Reserve - Math.Max(0.5, 0.03 * seconds))
        : double.PositiveInfinity;

    /// <summary>Whether there is no time left.</summary>
    public bool IsOver => Left <= 0;
}
