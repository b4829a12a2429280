using System.Diagnostics;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>Computes batches, and gives each request what is its own. Several threads may use it at once.</summary>
/// <param name="model">The model; borrowed.</param>
/// <param name="name">Its name.</param>
/// <param name="metrics">Told what is computed.</param>
internal sealed class BatchExecutor(CompiledModel model, string name, ServingMetrics metrics)
{
    /// <summary>Computes a batch. Whatever fails belongs to the requests that it fails for; nothing is thrown.</summary>
    /// <param name="batch">May be empty.</param>
    /// <param name="threads">For parts of it side by side.</param>
    public void Compute(List<BatchPart<QueuedRequest>> batch, IntraBatchPool threads)
    {
        var count = batch.Sum(part => part.Count);
        if (count == 0)
            return;
        try
        {
            var started = Stopwatch.GetTimestamp();
            var scores = model.Run(
                [.. batch.Select(part => part.Request.Slice(part, model.InputCount))],
                count,
                threads
            );
            var took = Stopwatch.GetElapsedTime(started);
            metrics.Computed(name, count, took);
            ServingTraces.Computed(
                name,
                count,
                started,
                [.. batch.Select(part => (part.Request.Caller, part.Request.Queued))]
            );
            var first = 0;
            foreach (var part in batch)
            {
                part.Request.Take(
                    scores.AsSpan(first * model.OutputCount, part.Count * model.OutputCount),
                    part,
                    started,
                    count
                );
                first += part.Count;
            }
        }
        catch (Exception) when (count > 1)
        {
            // Too little memory for all together, or one of them breaks the network: the others are not to suffer from it.
            var (left, right) = BatchQueue<QueuedRequest>.Split(batch, count / 2);
            Compute(left, threads);
            Compute(right, threads);
        }
        catch (Exception exception)
        {
            // Whatever libtorch throws belongs to this input; the thread goes on with the next.
            batch[0]
                .Request.Result.TrySetException(
                    IsOutOfMemory(exception)
                        ? new ServingException(
                            ErrorCode.OutOfMemory,
                            "There is not enough memory to compute this input. Unload a model, or try again in a moment.",
                            exception
                        )
                        : exception
                );
        }
    }

    private static bool IsOutOfMemory(Exception exception) =>
        exception is OutOfMemoryException
        || exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || exception.Message.Contains("can't allocate memory", StringComparison.Ordinal);
}
