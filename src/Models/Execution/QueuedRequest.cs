using System.Buffers;
using System.Diagnostics;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>
/// A request's inputs in a model's queue, and their scores. Disposes the inputs when none of them waits or is being
/// computed.
/// </summary>
/// <param name="inputs">The inputs one after another; owned by the request from here on.</param>
/// <param name="count">The number of inputs.</param>
/// <param name="scoreCount">The number of scores of all inputs together.</param>
/// <param name="deadline">The deadline for the scores, by <see cref="InferenceWorker.Now"/>.</param>
/// <param name="caller">The span of the HTTP request, for traces.</param>
internal sealed class QueuedRequest(
    IMemoryOwner<float> inputs,
    int count,
    int scoreCount,
    TimeSpan deadline,
    ActivityContext caller
)
{
    private readonly Lock gate = new(); // guards the scores: batches with parts of this request may be computed at once
    private readonly float[] scores = new float[scoreCount];
    private int unscored = count;
    private long started = long.MaxValue;
    private int largestBatch;

    /// <summary>The span of the HTTP request, for traces.</summary>
    public ActivityContext Caller => caller;

    /// <summary>The deadline for the scores, by <see cref="InferenceWorker.Now"/>.</summary>
    public TimeSpan Deadline => deadline;

    /// <summary>When the request entered the queue, as a timestamp of <see cref="Stopwatch"/>.</summary>
    public long Queued { get; } = Stopwatch.GetTimestamp();

    /// <summary>Inputs that wait. Guarded by the worker's lock.</summary>
    public int Waiting { get; set; } = count;

    /// <summary>Inputs that are being computed. Guarded by the worker's lock.</summary>
    public int Running { get; set; }

    /// <summary>The scores, once all are computed. Continuations run on a web thread, not on the model's.</summary>
    public TaskCompletionSource<RunResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The inputs of a part of the request.</summary>
    /// <param name="part">The part.</param>
    /// <param name="size">The elements of one input.</param>
    public ReadOnlyMemory<float> Slice(BatchPart<QueuedRequest> part, int size) =>
        inputs.Memory.Slice(part.First * size, part.Count * size);

    /// <summary>Sets the scores of a part of the request; the last part completes <see cref="Result"/>.</summary>
    /// <param name="computed">The scores of the part's inputs, one input after another.</param>
    /// <param name="part">The part.</param>
    /// <param name="batchStarted">When the batch began, as a timestamp of <see cref="Stopwatch"/>.</param>
    /// <param name="batchSize">The number of inputs in the batch.</param>
    public void SetScores(ReadOnlySpan<float> computed, BatchPart<QueuedRequest> part, long batchStarted, int batchSize)
    {
        lock (gate)
        {
            computed.CopyTo(scores.AsSpan(part.First * (computed.Length / part.Count)));
            started = Math.Min(started, batchStarted);
            largestBatch = Math.Max(largestBatch, batchSize);
            unscored -= part.Count;
            if (unscored == 0)
            {
                Result.TrySetResult(
                    new RunResult(
                        scores,
                        Stopwatch.GetElapsedTime(Queued, started),
                        Stopwatch.GetElapsedTime(started),
                        largestBatch
                    )
                );
            }
        }
    }

    /// <summary>Disposes the inputs if none of them waits or is being computed.</summary>
    public void DisposeIfFinished()
    {
        if (Waiting == 0 && Running == 0)
            inputs.Dispose();
    }
}

/// <summary>The scores of a request's inputs, and how they were computed.</summary>
/// <param name="Scores">The logits of each input, one after another.</param>
/// <param name="Queue">How long the request waited for its first batch.</param>
/// <param name="Inference">The time from the start of the first batch to the end of the last.</param>
/// <param name="BatchSize">Inputs in the largest batch that had a part of the request.</param>
internal readonly record struct RunResult(float[] Scores, TimeSpan Queue, TimeSpan Inference, int BatchSize);
