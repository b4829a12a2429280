using System.Diagnostics;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>Computes batches and hands each request its scores. Thread-safe.</summary>
/// <param name="model">The model; borrowed.</param>
/// <param name="name">The model's name.</param>
/// <param name="metrics">Counts the batches that are computed.</param>
internal sealed class BatchExecutor(CompiledModel model, string name, ModelMetrics metrics)
{
    /// <summary>
    /// Computes a batch. Throws nothing: an error goes to the request whose input caused it, and the other requests
    /// get their scores.
    /// </summary>
    /// <param name="batch">Parts of requests; may be empty.</param>
    /// <param name="pool">Computes parts of the batch in parallel.</param>
    public void Compute(List<BatchPart<QueuedRequest>> batch, IntraBatchPool pool)
    {
        var count = batch.Sum(part => part.Count);
        if (count == 0)
            return;
        try
        {
            var started = Stopwatch.GetTimestamp();
            var scores = model.Run([.. batch.Select(part => part.Request.Slice(part, model.InputCount))], count, pool);
            var took = Stopwatch.GetElapsedTime(started);
            metrics.Computed(count, took);
            ServingTraces.Computed(
                name,
                count,
                started,
                [.. batch.Select(part => (part.Request.Caller, part.Request.Queued))]
            );
            var first = 0;
            foreach (var part in batch)
            {
                part.Request.SetScores(
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
            // Either the batch needs more memory than there is, or one input breaks the network. Computing each half
            // alone lets the other inputs succeed.
            var (left, right) = BatchQueue<QueuedRequest>.Split(batch, count / 2);
            Compute(left, pool);
            Compute(right, pool);
        }
        catch (Exception exception)
        {
            // libtorch's error becomes this request's error; the thread goes on with the next batch.
            batch[0]
                .Request.Result.TrySetException(
                    NativeErrors.IsOutOfMemory(exception)
                        ? new ServingException(
                            ErrorCode.OutOfMemory,
                            "There is not enough memory to compute this input. "
                                + "Unload a model, or try again in a moment.",
                            exception
                        )
                        : exception
                );
        }
    }
}
