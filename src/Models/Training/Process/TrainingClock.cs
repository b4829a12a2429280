using System.Diagnostics;

namespace ModelService.Models.Training.Process;

/// <summary>The time of a run: what it has taken, also before it was interrupted, and what its budget leaves.</summary>
/// <param name="budget">Seconds that the run is planned by; null: it is planned by epochs.</param>
/// <param name="limit">
/// Seconds after which a run that is planned by epochs ends with what it has reached; null: no limit.
/// </param>
internal sealed class TrainingClock(double? budget, double? limit = null)
{
    private readonly long started = Stopwatch.GetTimestamp();

    /// <summary>Seconds that the run is planned by; infinite when it is planned by epochs.</summary>
    public double Budget => budget ?? double.PositiveInfinity;

    /// <summary>
    /// Seconds of the run after which nothing is trained: what measuring and writing the result takes is set aside.
    /// Infinite without a limit.
    /// </summary>
    public double End =>
        (budget ?? limit) is { } seconds ? seconds - Reserve - Math.Max(0.5, 0.03 * seconds) : double.PositiveInfinity;

    /// <summary>Seconds that the run took before it was interrupted.</summary>
    public double Before { get; set; }

    /// <summary>Whether the user has asked for the result as it is.</summary>
    public bool IsAskedToFinish { get; set; }

    /// <summary>Seconds that measuring the result and making the version will take.</summary>
    public double Reserve { get; set; }

    /// <summary>Seconds that the run has taken.</summary>
    public double Elapsed => Before + Stopwatch.GetElapsedTime(started).TotalSeconds;

    /// <summary>Seconds that are left for training; infinite when it is planned by epochs.</summary>
    public double Left =>
        IsAskedToFinish || Elapsed >= End ? 0
        : budget is null ? double.PositiveInfinity
        : Math.Max(0, End - Elapsed);

    /// <summary>Whether there is no time left.</summary>
    public bool IsOver => Left <= 0;
}
