using System.Buffers;
using System.Diagnostics;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;
using static TorchSharp.torch;

namespace ModelService.Models.Execution;

/// <summary>
/// The threads on which a model computes, so that no web thread ever runs a tensor, and the queue before them: as many threads as its device
/// computes batches at once. Whenever it is the model's turn, inputs that wait are computed together, whosever they are. It owns the model:
/// disposing it ends the threads after what waits, then frees the model.
/// </summary>
internal sealed class InferenceWorker : IDisposable
{
    // What a batch of the warm-up may hold.
    private const long WarmUpNumbers = 1 << 26;

    // Longer than a client who sends one photo after another takes between two.
    private static readonly TimeSpan IdleAfter = TimeSpan.FromMilliseconds(200);

    private readonly CompiledModel model;
    private readonly string modelName;
    private readonly ServingMetrics metrics;
    private readonly int queueLimit;
    private readonly int maxBatchSize;
    private readonly DeviceScheduler turns;
    private readonly FlowState flow;
    private readonly BatchExecutor computer;
    private readonly List<Thread> threads;

    private readonly object gate = new(); // of all below; a monitor, because the threads wait for a pulse
    private readonly BatchQueue<QueuedRequest> queue;
    private readonly ServiceTimeEstimator serviceTime = new();
    private readonly TaskCompletionSource warm = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int coldThreads;
    private bool isClosed;
    private int running;

    /// <summary>Starts the threads.</summary>
    /// <param name="model">The model, owned from here on.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="options">How inputs wait and are put together.</param>
    /// <param name="turns">Those of the model's device.</param>
    /// <param name="metrics">Told what waits and what is computed.</param>
    public InferenceWorker(
        CompiledModel model,
        string name,
        int version,
        BatchingOptions options,
        DeviceScheduler turns,
        ServingMetrics metrics
    )
    {
        (this.model, modelName, this.turns, this.metrics, queueLimit) = (
            model,
            name,
            turns,
            metrics,
            options.QueueLimit
        );
        maxBatchSize = Math.Min(options.MaxBatchSizeOn(model.Execution.Device), model.MaxBatchSize);
        queue = new BatchQueue<QueuedRequest>(maxBatchSize, options.MaxDelay);
        flow = new FlowState(options.WeightOf(name));
        computer = new BatchExecutor(model, name, metrics);
        coldThreads = turns.AtOnce;
        threads =
        [
            .. Enumerable
                .Range(0, turns.AtOnce)
                .Select(_ => new Thread(Loop) { Name = $"model {name}@{version}", IsBackground = true }),
        ];
        threads.ForEach(thread => thread.Start());
    }

    /// <summary>The model's sizes.</summary>
    public (int Input, int Output) Counts => (model.InputCount, model.OutputCount);

    /// <summary>Done when each thread has computed a batch of each size once.</summary>
    public Task Warm => warm.Task;

    /// <summary>The model's tensors by their names; borrowed, valid until this is disposed. Nothing changes them.</summary>
    public IReadOnlyDictionary<string, Tensor> StateDict => model.StateDict;

    /// <summary>The time that deadlines are given in.</summary>
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>Keeps room in the queue for a request's inputs, before they are decoded.</summary>
    /// <param name="count">How many inputs.</param>
    /// <param name="priority">Whom they may pass while they wait.</param>
    /// <param name="deadline">The deadline, by <see cref="Now"/>: inputs whose scores would be later are not begun.</param>
    /// <returns>
    /// A reservation for <see cref="RunAsync"/>, which the caller disposes after that or in its place; or
    /// <see cref="ErrorCode.Overloaded"/>: too many inputs wait already, or more than can be computed before the deadline.
    /// </returns>
    public Outcome<QueueReservation> Reserve(int count, Priority priority, TimeSpan deadline)
    {
        lock (gate)
        {
            if (Refuse(count, priority, deadline) is { } failure)
                return failure;
            queue.Reserve(count, priority);
            return new QueueReservation(this, count, priority, deadline);
        }
    }

    /// <summary>Gives room in the queue back.</summary>
    /// <param name="reservation">The reservation.</param>
    public void Release(QueueReservation reservation)
    {
        lock (gate)
        {
            queue.Release(reservation.Inputs, reservation.Priority);
            reservation.Inputs = 0;
        }
    }

    /// <summary>Computes the scores of a request's inputs on the model's threads.</summary>
    /// <param name="reservation">The room that was kept for them; borrowed.</param>
    /// <param name="inputs">Inputs one after another; owned by the worker from here on.</param>
    /// <param name="count">How many inputs, at most as many as there is room for.</param>
    /// <param name="cancellationToken">Fires when nobody wants the scores any more; what has not begun then leaves the queue at once.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.OutOfMemory"/>: even one alone does not fit.</exception>
    /// <exception cref="OperationCanceledException">Nobody wants the scores any more, or they would come after the deadline.</exception>
    public async Task<RunResult> RunAsync(
        QueueReservation reservation,
        IMemoryOwner<float> inputs,
        int count,
        CancellationToken cancellationToken
    )
    {
        var work = new QueuedRequest(
            inputs,
            count,
            count * model.OutputCount,
            reservation.Deadline,
            Activity.Current?.Context ?? default
        );
        lock (gate)
        {
            Release(reservation);
            if (queue.Count + running == 0)
                serviceTime.Start(Now);
            metrics.Queued(modelName, count);
            queue.Add(work, count, reservation.Priority, Now);
            Monitor.Pulse(gate);
        }

        await using var registration = cancellationToken.UnsafeRegister(_ => Cancel(work, cancellationToken), null);
        return await work.Result.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            isClosed = true;
            Monitor.PulseAll(gate);
        }

        threads.ForEach(thread => thread.Join());
        model.Dispose();
    }

    // Null when there is room.
    private Failure? Refuse(int count, Priority priority, TimeSpan deadline)
    {
        if (queue.CountWithReserved + count > queueLimit)
        {
            return Overloaded(
                $"{queueLimit} inputs may wait for this model, and {queue.CountWithReserved} do: there is no room for {count} more."
            );
        }

        // Whoever finds nobody before him is let in, whatever the estimate: it may be wrong, and is mended by the next batch only.
        var ahead = running + queue.Ahead(priority);
        var ready = serviceTime.TimeFor(running, queue.Ahead(priority) + count, maxBatchSize);
        return ahead == 0 || Now + ready <= deadline
            ? null
            : Overloaded(
                $"{ahead} inputs are before this request: its scores would be there in about {ready.TotalMilliseconds:f0} ms, and it is given {Math.Max(0, (deadline - Now).TotalMilliseconds):f0} ms."
            );
    }

    private Failure Overloaded(string reason) =>
        new(ErrorCode.Overloaded, $"{reason} Try again in a moment.")
        {
            RetryAfter = TimeSpan.FromSeconds(
                Math.Clamp(serviceTime.TimeFor(queue.CountWithReserved).TotalSeconds, 1, 60)
            ),
        };

    private void Cancel(QueuedRequest work, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Remove(work);
        }

        work.Result.TrySetCanceled(cancellationToken);
    }

    private void Remove(QueuedRequest work)
    {
        // With nothing left to wait, it is over already, or whoever computes the rest frees it.
        if (queue.Remove(work) is not (> 0 and var left))
            return;
        metrics.Queued(modelName, -left);
        work.Waiting -= left;
        work.FreeIfOver();
    }

    private void Loop()
    {
        NativeRuntime.PrepareThread();
        using var pool = new IntraBatchPool(NativeRuntime.Threads, Thread.CurrentThread.Name!);
        WarmUp(pool);
        IDisposable? turn = null;
        while (WaitForInputs(ref turn))
        {
            turn = turns.Take(flow, turn);
            var batch = Cut();
            computer.Compute(batch, pool);
            lock (gate)
            {
                var count = batch.Sum(part => part.Count);
                running -= count;
                if (count > 0)
                    serviceTime.End(count, Now);
                foreach (var part in batch)
                {
                    part.Request.Running -= part.Count;
                    part.Request.FreeIfOver();
                }
            }
        }
    }

    // On each thread, which has threads of its own to make: then the first request is as fast as the hundredth.
    private void WarmUp(IntraBatchPool threads)
    {
        try
        {
            var most = (int)Math.Min(maxBatchSize, Math.Max(1, WarmUpNumbers / model.InputCount));
            var zeros = new float[most * model.InputCount];
            foreach (var size in BatchQueue<QueuedRequest>.Sizes(most))
            {
                using var turn = turns.Take(flow);
                model.Run([zeros.AsMemory(0, size * model.InputCount)], size, threads);
            }

            if (Interlocked.Decrement(ref coldThreads) == 0)
                warm.TrySetResult();
        }
        catch (Exception exception)
        {
            warm.TrySetException(exception);
        }
    }

    // Gives the turn back if it has to wait, and after a while the threads that compute with this one. False when it is closed and no input is left.
    private bool WaitForInputs(ref IDisposable? turn)
    {
        lock (gate)
        {
            for (var isIdle = false; ; )
            {
                var delay = queue.Delay(Now);
                if (delay == TimeSpan.Zero || (delay is not null && isClosed))
                    return true;
                turn?.Dispose();
                turn = null;
                if (isClosed)
                    return false;
                var isInTime = Monitor.Wait(gate, delay ?? (isIdle ? Timeout.InfiniteTimeSpan : IdleAfter));
                if (isInTime || isIdle || delay is not null)
                    continue;
                isIdle = true;
                NativeRuntime.ReleaseThreads();
            }
        }
    }

    // Empty when those who waited have left, or another thread has taken all.
    private List<BatchPart<QueuedRequest>> Cut()
    {
        lock (gate)
        {
            DropLate();
            var batch = queue.Cut();
            var count = batch.Sum(part => part.Count);
            running += count;
            foreach (var part in batch)
            {
                part.Request.Waiting -= part.Count;
                part.Request.Running += part.Count;
            }

            metrics.Queued(modelName, -count);
            if (queue.Count > 0)
                Monitor.Pulse(gate);
            return batch;
        }
    }

    // Those who waited, and whose scores would come too late from the next batch: to compute them would make others late as well.
    private void DropLate()
    {
        var ready = Now + serviceTime.TimeFor(Math.Min(queue.Count, maxBatchSize));
        foreach (
            var late in queue
                .Requests.Where(request =>
                    request.Deadline < ready && Stopwatch.GetElapsedTime(0, request.Queued) < serviceTime.Since
                )
                .ToList()
        )
        {
            Remove(late);
            late.Result.TrySetCanceled();
        }
    }
}
