using System.Buffers;
using System.Diagnostics;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>A request's inputs in a model's queue. It frees them when none waits and none is being computed.</summary>
/// <param name="inputs">Inputs one after another; owned from here on.</param>
/// <param name="count">How many.</param>
/// <param name="scores">Scores of all of them together.</param>
/// <param name="deadline">When, by <see cref="InferenceWorker.Now"/>, nobody wants the scores any more.</param>
/// <param name="caller">The trace that it belongs to.</param>
internal sealed class QueuedRequest(
    IMemoryOwner<float> inputs,
    int count,
    int scores,
    TimeSpan deadline,
    ActivityContext caller
)
{
    private readonly Lock gate = new(); // of the scores: batches with parts of it may be computed at once
    private readonly float[] scores = new float[scores];
    private int unscored = count;
    private long started = long.MaxValue;
    private int largestBatch;

    /// <summary>The trace that it belongs to.</summary>
    public ActivityContext Caller => caller;

    /// <summary>When, by <see cref="InferenceWorker.Now"/>, nobody wants the scores any more.</summary>
    public TimeSpan Deadline => deadline;

    /// <summary>Since when it waits, as <see cref="Stopwatch"/> has it.</summary>
    public long Queued { get; } = Stopwatch.GetTimestamp();

    /// <summary>Inputs that wait; the worker's lock guards it.</summary>
    public int Waiting { get; set; } = count;

    /// <summary>Inputs that are being computed; the worker's lock guards it.</summary>
    public int Running { get; set; }

    /// <summary>Its scores. Whoever awaits them goes on on a web thread, not on the model's.</summary>
    public TaskCompletionSource<RunResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Some of its inputs, of so many numbers each.</summary>
    public ReadOnlyMemory<float> Slice(BatchPart<QueuedRequest> part, int size) =>
        inputs.Memory.Slice(part.First * size, part.Count * size);

    /// <summary>Takes the scores of some of its inputs; with the last of them it is answered.</summary>
    public void Take(ReadOnlySpan<float> computed, BatchPart<QueuedRequest> part, long batchStarted, int batchSize)
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

    /// <summary>Frees the inputs when none of them waits and none is being computed.</summary>
    public void FreeIfOver()
    {
        if (Waiting == 0 && Running == 0)
            inputs.Dispose();
    }
}

/// <summary>What a run gave.</summary>
/// <param name="Scores">The logits of each input, one after another.</param>
/// <param name="Queue">How long it waited for its first batch.</param>
/// <param name="Inference">How long it took from there on.</param>
/// <param name="BatchSize">Inputs in the largest batch that it had a part in.</param>
internal readonly record struct RunResult(float[] Scores, TimeSpan Queue, TimeSpan Inference, int BatchSize);
