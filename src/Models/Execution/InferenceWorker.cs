using System.Buffers;
using System.Diagnostics;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;
using static TorchSharp.torch;

namespace ModelService.Models.Execution;

/// <summary>
/// A model's queue and the threads that compute its batches, so that no web thread runs a tensor operation. There are
/// as many threads as the device computes batches at once. When the device's scheduler lets the model compute, the
/// waiting inputs become one batch, whichever requests they belong to. The worker owns the model: disposing the worker
/// computes the inputs that still wait, ends the threads, then disposes the model.
/// </summary>
internal sealed partial class InferenceWorker : IInferenceWorker
{
    // The most elements that a batch of the warm-up may have.
    private const long WarmUpElements = 1 << 26;

    // Longer than the pause between two requests of a client that sends one photo after another.
    private static readonly TimeSpan IdleAfter = TimeSpan.FromMilliseconds(200);

    // After so long without a batch, memory is worth more to others than the milliseconds that it takes to get again.
    private static readonly TimeSpan AtRestAfter = TimeSpan.FromSeconds(30);

    private readonly CompiledModel model;
    private readonly ModelMetrics metrics;
    private readonly int queueLimit;
    private readonly int maxBatchSize;
    private readonly DeviceScheduler scheduler;
    private readonly FlowState flow;
    private readonly BatchExecutor executor;
    private readonly List<Thread> threads;

    private readonly object gate = new(); // guards all below; a monitor, because the threads wait for a pulse
    private readonly BatchQueue<QueuedRequest> queue;
    private readonly ServiceTimeEstimator serviceTime = new();
    private readonly TaskCompletionSource warm = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int coldThreads;
    private bool isClosed;
    private int running;

    /// <summary>Starts the threads.</summary>
    /// <param name="model">The model; owned by the worker from here on.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="options">Limits of the queue and of a batch.</param>
    /// <param name="scheduler">The scheduler of the model's device, shared by the models on it.</param>
    /// <param name="metrics">Counts the inputs that wait and the batches that are computed.</param>
    public InferenceWorker(
        CompiledModel model,
        string name,
        int version,
        BatchingOptions options,
        DeviceScheduler scheduler,
        ModelMetrics metrics
    )
    {
        (this.model, this.scheduler, this.metrics, queueLimit) = (model, scheduler, metrics, options.QueueLimit);
        maxBatchSize = Math.Min(options.MaxBatchSizeOn(model.Execution.Device), model.MaxBatchSize);
        queue = new BatchQueue<QueuedRequest>(maxBatchSize, options.MaxDelay);
        flow = new FlowState(options.WeightOf(name));
        executor = new BatchExecutor(model, name, metrics);
        coldThreads = scheduler.AtOnce;
        threads =
        [
            .. Enumerable
                .Range(0, scheduler.AtOnce)
                .Select(_ => new Thread(Loop) { Name = $"model {name}@{version}", IsBackground = true }),
        ];
        threads.ForEach(thread => thread.Start());
    }

    /// <inheritdoc/>
    public (int Input, int Output) Counts => (model.InputCount, model.OutputCount);

    /// <inheritdoc/>
    public Task Warm => warm.Task;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> StateDict => model.StateDict;

    /// <inheritdoc/>
    public void FreeStateDict() => model.FreeStateDict();

    /// <summary>The current time on the monotonic clock that deadlines are given in.</summary>
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public void Release(QueueReservation reservation)
    {
        lock (gate)
        {
            queue.Release(reservation.Inputs, reservation.Priority);
            reservation.Inputs = 0;
        }
    }

    /// <inheritdoc/>
    public async Task<RunResult> RunAsync(
        QueueReservation reservation,
        IMemoryOwner<float> inputs,
        int count,
        CancellationToken cancellationToken
    )
    {
        var request = new QueuedRequest(
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
                serviceTime.Start(Stopwatch.GetElapsedTime(0, request.Queued)); // not later: it would count as late
            metrics.Queued(count);
            queue.Add(request, count, reservation.Priority, Now);
            Monitor.Pulse(gate);
        }

        await using var registration = cancellationToken.UnsafeRegister(_ => Cancel(request, cancellationToken), null);
        return await request.Result.Task;
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

    // Why the inputs can't be queued; null when they can.
    private Failure? Refuse(int count, Priority priority, TimeSpan deadline)
    {
        if (queue.CountWithReserved + count > queueLimit)
        {
            return Overloaded(
                $"The model's queue has {queue.CountWithReserved} of at most {queueLimit} inputs: "
                    + $"there is no room for {count} more."
            );
        }

        // A request with no inputs before it is accepted whatever the estimate says: the estimate may be wrong, and
        // only computing another batch corrects it.
        var ahead = running + queue.Ahead(priority);
        var expected = serviceTime.TimeFor(running, queue.Ahead(priority) + count, maxBatchSize);
        var given = deadline - Now;
        return ahead == 0 || expected <= given
            ? null
            : Overloaded(
                $"{ahead} inputs are queued before this request: its scores are expected in about "
                    + $"{expected.TotalMilliseconds:f0} ms, and its deadline is in "
                    + $"{Math.Max(0, given.TotalMilliseconds):f0} ms."
            );
    }

    private Failure Overloaded(string reason) =>
        new(ErrorCode.Overloaded, $"{reason} Try again in a moment.")
        {
            RetryAfter = TimeSpan.FromSeconds(
                Math.Clamp(serviceTime.TimeFor(queue.CountWithReserved).TotalSeconds, 1, 60)
            ),
        };

    private void Cancel(QueuedRequest request, CancellationToken cancellationToken)
    {
        lock (gate)
            Remove(request);
        request.Result.TrySetCanceled(cancellationToken);
    }

    private void Remove(QueuedRequest request)
    {
        // When none of its inputs wait, the request is finished, or the thread that computes the rest disposes them.
        if (queue.Remove(request) is not (> 0 and var removed))
            return;
        metrics.Queued(-removed);
        request.Waiting -= removed;
        request.DisposeIfFinished();
    }
}
