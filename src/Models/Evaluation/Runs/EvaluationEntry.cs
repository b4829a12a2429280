namespace ModelService.Models.Evaluation.Runs;

/// <summary>An evaluation in memory: its record, its progress and its cancellation. Thread-safe.</summary>
/// <param name="record">The record at the start.</param>
internal sealed class EvaluationEntry(EvaluationRecord record)
{
    private readonly Lock gate = new(); // of all fields below
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile EvaluationRecord current = record;
    private volatile int done;
    private volatile bool isCancelled;
    private CancellationTokenSource? run;

    /// <summary>Its record now.</summary>
    public EvaluationRecord Current => current;

    /// <summary>Its record and its progress now.</summary>
    public EvaluationSnapshot Snapshot => new(current, done);

    /// <summary>Whether a client cancelled it, or its version was removed.</summary>
    public bool IsCancelled => isCancelled;

    /// <summary>Completes when it has ended, and its last state is stored or could not be stored.</summary>
    public Task Ended => ended.Task;

    /// <summary>Keeps its progress.</summary>
    /// <param name="images">The number of images that are done.</param>
    public void Report(int images) => done = images;

    /// <summary>Begins a run, if it waits for one.</summary>
    /// <param name="now">The time.</param>
    /// <param name="cancelling">Cancels the run; borrowed until the end of the evaluation.</param>
    public bool TryStart(DateTimeOffset now, CancellationTokenSource cancelling)
    {
        lock (gate)
        {
            if (current.State != EvaluationState.Queued)
                return false;
            run = cancelling;
            current = current with { State = EvaluationState.Running, Started = now, Attempts = current.Attempts + 1 };
            return true;
        }
    }

    /// <summary>Cancels it. What waits has ended then; what runs ends soon.</summary>
    /// <param name="now">The time.</param>
    public void Cancel(DateTimeOffset now)
    {
        lock (gate)
        {
            isCancelled = true;
            run?.Cancel();
            if (current.State == EvaluationState.Queued)
                current = current with { State = EvaluationState.Cancelled, Finished = now };
        }
    }

    /// <summary>Ends it, unless it has ended. The run is no longer cancelled then.</summary>
    /// <param name="state">The last state.</param>
    /// <param name="reason">Why it failed; null when it did not.</param>
    /// <param name="now">The time.</param>
    public void End(EvaluationState state, string? reason, DateTimeOffset now)
    {
        lock (gate)
        {
            run = null;
            if (!current.IsFinished)
            {
                current = current with { State = state, Reason = reason, Finished = now };
            }
        }
    }

    /// <summary>Lets it wait again: the server stopped before it ended.</summary>
    public void Requeue()
    {
        lock (gate)
        {
            run = null;
            current = current with { State = EvaluationState.Queued, Started = null };
        }
    }

    /// <summary>Tells those who wait for its end.</summary>
    public void TellEnded() => ended.TrySetResult();
}

/// <summary>An evaluation with its progress.</summary>
/// <param name="Record">The evaluation.</param>
/// <param name="Done">The number of its images that are done.</param>
public sealed record EvaluationSnapshot(EvaluationRecord Record, int Done);

/// <summary>What a client wants to be evaluated.</summary>
/// <param name="Dataset">The name of the data set.</param>
/// <param name="Revision">Its revision; null: the current one.</param>
/// <param name="Split">
/// The images; null: those of the test split if there are any, else those of the validation split, else all.
/// </param>
public sealed record EvaluationRequest(string Dataset, int? Revision, EvaluationSplit? Split);
