using System.Collections.Concurrent;

namespace ModelService.Models.Scheduling;

/// <summary>
/// Slow work of one kind, such as reading files or building plans, on threads of its own: some of it runs at once, and
/// the rest waits. Work in one lane never waits for work in another. Thread-safe.
/// </summary>
/// <remarks>
/// Threads of the pool would do, but there are more of them, and for each that ever computed, the C library and OpenMP
/// keep memory: 200 models that came and went left 460 MB resident, still growing, instead of 385 MB.
/// </remarks>
/// <param name="width">How much of the work runs at once.</param>
/// <param name="prepare">Runs first on each thread; null: nothing does.</param>
public sealed class Lane(int width, Action? prepare = null) : IDisposable
{
    private readonly SemaphoreSlim room = new(width, width);
    private readonly Threads threads = new(width, prepare);

    /// <summary>Runs work that blocks its thread.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Gives up work that has not begun.</param>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
    {
        // Whoever awaits the work goes on elsewhere, or it would hold a thread of the lane.
        const TaskCreationOptions Apart =
            TaskCreationOptions.DenyChildAttach
            | TaskCreationOptions.HideScheduler
            | TaskCreationOptions.RunContinuationsAsynchronously;
        await room.WaitAsync(cancellationToken);
        try
        {
            return await Task.Factory.StartNew(work, CancellationToken.None, Apart, threads);
        }
        finally
        {
            room.Release();
        }
    }

    /// <summary>Takes no more work; the threads end after what they do.</summary>
    public void Dispose() => threads.Dispose();

    private sealed class Threads(int most, Action? prepare) : TaskScheduler, IDisposable
    {
        private readonly BlockingCollection<Task> tasks = [];
        private int started;

        public void Dispose() => tasks.CompleteAdding();

        protected override void QueueTask(Task task)
        {
            tasks.Add(task, CancellationToken.None);
            if (Volatile.Read(ref started) < most && Interlocked.Increment(ref started) <= most)
                new Thread(Run) { IsBackground = true, Name = nameof(Lane) }.Start();
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => tasks;

        private void Run()
        {
            prepare?.Invoke();
            foreach (var task in tasks.GetConsumingEnumerable())
                TryExecuteTask(task);
        }
    }
}
