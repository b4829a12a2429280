using ModelService.Models.Backends.Native;

namespace ModelService.Models.Execution;

/// <summary>
/// Returns the memory of large photos to the operating system. Decoding one can take hundreds of megabytes, which the C
/// library keeps for the thread that freed them. Thread-safe.
/// </summary>
/// <remarks>
/// Two progressive JPEGs of 48 megapixels at once left 321 MiB resident, and 55 MiB with this. It takes 57 ms, so it is
/// done once for all photos of some seconds. Ordinary photos don't cause it: their memory is small, and is soon used
/// again.
/// </remarks>
internal sealed class PhotoMemory : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(5);

    private readonly ITimer timer;
    private int isWaiting; // 1 while the timer runs

    /// <summary>Starts with nothing to return.</summary>
    /// <param name="clock">Measures the wait.</param>
    public PhotoMemory(TimeProvider clock) =>
        timer = clock.CreateTimer(_ => Return(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Returns the memory that was freed, after some seconds.</summary>
    public void ReturnSoon()
    {
        if (Interlocked.Exchange(ref isWaiting, 1) == 0)
            timer.Change(Delay, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    private void Return()
    {
        Volatile.Write(ref isWaiting, 0);
        NativeTuning.ReturnFreedMemory();
    }
}
