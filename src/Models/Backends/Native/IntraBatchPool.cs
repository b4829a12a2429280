using System.Collections.Concurrent;

namespace ModelService.Models.Backends.Native;

/// <summary>
/// Threads that compute parts of one batch side by side, each on one core. The pool belongs to one thread, which
/// disposes it.
/// </summary>
/// <remarks>
/// The threads that share one call of libtorch wait for one another after every operator, so that a delay of one delays
/// all. The parts of a batch wait only once, at the end. docs/decisions/0014 has the measurements.
/// </remarks>
/// <param name="count">Number of threads; they start when they are first needed.</param>
/// <param name="name">Name of the threads.</param>
internal sealed class IntraBatchPool(int count, string name) : IDisposable
{
    private readonly List<Thread> threads = [];
    private BlockingCollection<Task>? waiting;
    private bool hasYielded;

    /// <summary>Number of threads, which is that of the parts.</summary>
    public int Count => count;

    /// <summary>
    /// Whether the threads leave the cores to all other threads of the process, and of the machine: a large batch is
    /// there for throughput, and a single input of another model must not wait for it. Otherwise they take their share.
    /// </summary>
    public bool Yields { get; set; }

    /// <summary>Computes one part on each thread and waits for all of them.</summary>
    /// <param name="compute">Computes one part, given its number from 0 on.</param>
    /// <exception cref="AggregateException">Some parts failed.</exception>
    public void Run(Action<int> compute)
    {
        Prepare();
        var parts = Enumerable.Range(0, count).Select(number => new Task(() => compute(number))).ToArray();
        foreach (var part in parts)
            waiting!.Add(part);
        Task.WaitAll(parts);
    }

    /// <summary>
    /// Computes on the calling thread, while threads of the pool do the same as soon as they get to it. Returns when
    /// the calling thread is done: what threads begin later must find nothing left to do.
    /// </summary>
    /// <param name="compute">Computes until nothing is left; its exceptions on other threads are lost.</param>
    /// <param name="threads">How many threads, the calling one counted.</param>
    public void Share(Action compute, int threads)
    {
        Prepare();
        for (var i = 1; i < threads; i++)
            waiting!.Add(new Task(compute));
        compute();
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    private void Prepare()
    {
        if (hasYielded && !Yields)
            End(); // the system lets no thread raise its priority
        hasYielded = Yields;
        if (threads.Count == 0)
            Start();
    }

    private void Start()
    {
        using var ready = new CountdownEvent(count);
        var parts = waiting = [];
        threads.AddRange(
            Enumerable
                .Range(0, count)
                .Select(_ => new Thread(() => Loop(parts, ready)) { Name = name, IsBackground = true })
        );
        threads.ForEach(thread => thread.Start());
        ready.Wait();

        // OpenMP keeps a number of threads for each calling thread, but MKL keeps one for the process, which the pool's
        // threads have just set to 1.
        NativeRuntime.PrepareThread();
    }

    private void End()
    {
        waiting?.CompleteAdding();
        threads.ForEach(thread => thread.Join());
        threads.Clear();
        waiting?.Dispose();
        waiting = null;
    }

    private void Loop(BlockingCollection<Task> parts, CountdownEvent ready)
    {
        NativeRuntime.ComputeWith(1);
        ready.Signal();
        var hasLowPriority = false;
        foreach (var part in parts.GetConsumingEnumerable())
        {
            if (Yields && !hasLowPriority)
            {
                NativeTuning.LowerPriority();
                hasLowPriority = true;
            }

            part.RunSynchronously();
        }
    }
}
