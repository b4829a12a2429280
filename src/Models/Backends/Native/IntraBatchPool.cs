using System.Collections.Concurrent;

namespace ModelService.Models.Backends.Native;

/// <summary>
/// Threads that compute parts of one batch side by side, each on one core. The threads that libtorch divides one call among wait for one another after
/// every operator, so that whatever holds up one of them holds up all; parts meet once, at the end. They give way to all other threads: a large batch is
/// there for throughput, and a single input of another model, a photo or a refusal shall not wait for its time slices. Belongs to one thread, which disposes it.
/// </summary>
/// <param name="count">How many; they are started when they are first needed.</param>
/// <param name="name">What they are for.</param>
internal sealed class IntraBatchPool(int count, string name) : IDisposable
{
    private readonly BlockingCollection<Task> waiting = [];
    private readonly List<Thread> threads = [];

    /// <summary>How many parts are computed at once.</summary>
    public int Count => count;

    /// <summary>Computes parts and waits for all of them.</summary>
    /// <param name="compute">Computes the part of that number, from 0 on.</param>
    /// <exception cref="AggregateException">Some could not be computed.</exception>
    public void Run(Action<int> compute)
    {
        if (threads.Count == 0)
            Start();
        var parts = Enumerable.Range(0, count).Select(number => new Task(() => compute(number))).ToArray();
        foreach (var part in parts)
            waiting.Add(part);
        Task.WaitAll(parts);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        waiting.CompleteAdding();
        threads.ForEach(thread => thread.Join());
        waiting.Dispose();
    }

    private void Start()
    {
        using var ready = new CountdownEvent(count);
        threads.AddRange(
            Enumerable.Range(0, count).Select(_ => new Thread(() => Loop(ready)) { Name = name, IsBackground = true })
        );
        threads.ForEach(thread => thread.Start());
        ready.Wait();

        // OpenMP has a number of threads for each thread, MKL one for the process.
        NativeRuntime.PrepareThread();
    }

    private void Loop(CountdownEvent ready)
    {
        NativeRuntime.GiveWay();
        NativeRuntime.ComputeWith(1);
        ready.Signal();
        foreach (var part in waiting.GetConsumingEnumerable())
            part.RunSynchronously();
    }
}
