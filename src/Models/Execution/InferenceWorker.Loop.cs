using System.Diagnostics;
using ModelService.Models.Backends.Native;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <content>What each of the model's threads does until the worker is disposed.</content>
internal sealed partial class InferenceWorker
{
    private void Loop()
    {
        NativeTuning.ShortenTimeSlices();
        NativeRuntime.PrepareThread();
        using var pool = new IntraBatchPool(NativeRuntime.Threads, Thread.CurrentThread.Name!);
        WarmUp(pool);
        IDisposable? lease = null;
        while (WaitForInputs(ref lease))
        {
            lease = scheduler.Take(flow, lease);
            var batch = Cut();
            pool.Yields = scheduler.IsShared;
            executor.Compute(batch, pool);
            lock (gate)
            {
                var count = batch.Sum(part => part.Count);
                running -= count;
                if (count > 0)
                    serviceTime.End(count, Now);
                foreach (var part in batch)
                {
                    part.Request.Running -= part.Count;
                    part.Request.DisposeIfFinished();
                }
            }
        }
    }

    // Computes one input and the largest batch, which takes the most memory, so that the first request is as fast as
    // the hundredth. Each thread does so, because each starts libtorch's threads for itself. The sizes between them
    // need no preparation of their own on the CPU; on a GPU, cuDNN looks for its kernels anew for each size, which
    // takes some hundred milliseconds.
    private void WarmUp(IntraBatchPool pool)
    {
        try
        {
            var largest = (int)Math.Min(maxBatchSize, Math.Max(1, WarmUpElements / model.InputCount));
            var zeros = new float[largest * model.InputCount];
            var onCpu = model.Execution.Device == "cpu";
            foreach (var size in onCpu ? new[] { 1, largest }.Distinct() : BatchQueue<QueuedRequest>.Sizes(largest))
            {
                using var lease = scheduler.Take(flow);
                pool.Yields = scheduler.IsShared;
                model.Run([zeros.AsMemory(0, size * model.InputCount)], size, pool);
            }

            if (Interlocked.Decrement(ref coldThreads) == 0)
                warm.TrySetResult();
        }
        catch (Exception exception)
        {
            warm.TrySetException(exception);
        }
    }

    // Waits until there is a batch to compute; false when the worker is closed and the queue is empty. To wait, it ends
    // the lease of the device. After a while it also releases the threads that compute along with this one, and when
    // the whole device is at rest, the memory of the activations: the model that computed last finds it so.
    private bool WaitForInputs(ref IDisposable? lease)
    {
        lock (gate)
        {
            for (TimeSpan? patience = IdleAfter; ; )
            {
                var delay = queue.Delay(Now);
                if (delay == TimeSpan.Zero || (delay is not null && isClosed))
                    return true;
                lease?.Dispose();
                lease = null;
                if (isClosed)
                    return false;
                var isPulsed = Monitor.Wait(gate, delay ?? patience ?? Timeout.InfiniteTimeSpan);
                if (isPulsed || patience is null || delay is not null)
                    continue;
                if (patience == IdleAfter)
                    NativeTuning.ReleaseThreads();
                else if (scheduler.IsAtRestFor(AtRestAfter))
                    NativeTuning.ReturnFreedMemory();
                patience = patience == IdleAfter ? AtRestAfter : null;
            }
        }
    }

    // Takes the next batch off the queue. It is empty when the waiting requests were cancelled meanwhile, or another
    // thread took them.
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

            metrics.Queued(-count);
            if (queue.Count > 0)
                Monitor.Pulse(gate);
            return batch;
        }
    }

    // Cancels the requests that were already waiting when the last batch ended, and that the next batch would answer
    // after their deadline: computing them would make others late too.
    private void DropLate()
    {
        var finished = Now + serviceTime.TimeFor(Math.Min(queue.Count, maxBatchSize));
        foreach (
            var late in queue
                .Requests.Where(request =>
                    request.Deadline < finished && Stopwatch.GetElapsedTime(0, request.Queued) < serviceTime.Since
                )
                .ToList()
        )
        {
            Remove(late);
            late.Result.TrySetCanceled();
        }
    }
}
