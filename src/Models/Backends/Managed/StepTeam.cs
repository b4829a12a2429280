using System.Runtime.ExceptionServices;

namespace ModelService.Models.Backends.Managed;

/// <summary>
/// Computes the steps of one input on any number of threads. Each has its share of a step, the same part of the picture
/// in each step, so that most of what it reads is in its core's cache. When it is done, it helps with the other shares:
/// a thread that comes late or is delayed is not waited for.
/// </summary>
/// <param name="steps">The steps.</param>
/// <param name="frame">The input. Nobody reads or writes it after the last unit.</param>
/// <param name="threads">The number of threads that are expected.</param>
internal sealed class StepTeam(IReadOnlyList<Step> steps, Frame frame, int threads)
{
    private const int PiecesOfShare = 2;
    private const int LeastWork = 2_000;

    // Some microseconds: longer than a piece takes.
    private const int Looks = 500;

    private readonly int[] taken = new int[steps.Count * threads]; // units of each share
    private readonly int[] computed = new int[steps.Count];
    private int members;
    private volatile ExceptionDispatchInfo? failure;

    /// <summary>Takes part until all steps are computed.</summary>
    /// <exception cref="Exception">What a step throws, in each of the threads.</exception>
    public void Run()
    {
        var member = Interlocked.Increment(ref members) - 1;
        for (var step = 0; step < steps.Count; step++)
        {
            var units = steps[step].Units;
            if (steps[step].Work < LeastWork)
            {
                if (Volatile.Read(ref taken[step * threads]) == 0)
                    TakeFrom(step, 0, 0, units, units);
            }
            else
            {
                for (var other = 0; other < threads; other++)
                {
                    var share = (member + other) % threads;
                    var (begin, end) = (share * units / threads, (share + 1) * units / threads);
                    TakeFrom(step, share, begin, end, Math.Max(1, (end - begin) / PiecesOfShare));
                }
            }

            WaitForOthers(step, units);
        }

        failure?.Throw();
    }

    private void TakeFrom(int step, int share, int begin, int end, int piece)
    {
        ref var next = ref taken[(step * threads) + share];
        while (Volatile.Read(ref next) < end - begin)
        {
            var first = begin + Interlocked.Add(ref next, piece) - piece;
            if (first < end)
                Compute(step, first, Math.Min(first + piece, end));
        }
    }

    private void Compute(int step, int first, int end)
    {
        try
        {
            if (failure is null)
                steps[step].Compute(frame, first, end);
        }
        catch (Exception exception)
        {
            failure = ExceptionDispatchInfo.Capture(exception);
        }
        finally
        {
            Interlocked.Add(ref computed[step], end - first);
        }
    }

    private void WaitForOthers(int step, int units)
    {
        var wait = default(SpinWait);
        for (var looks = 0; Volatile.Read(ref computed[step]) < units; looks++)
        {
            if (looks < Looks)
                Thread.SpinWait(1);
            else
                wait.SpinOnce(sleep1Threshold: -1); // the thread that has the last unit may need this core
        }
    }
}
