using System.Diagnostics;
using ModelService.Models.Execution;

namespace ModelService.Models.Registry;

/// <content>Its way into memory and out of it.</content>
public sealed partial class ModelVersion
{
    private (InferenceWorker Worker, IDisposable Room)? inMemory;
    private TaskCompletionSource? idle;
    private TaskCompletionSource? drained;
    private Task? loading;
    private int leases;
    private bool isRemoved;

    /// <summary>Keeps it in memory until the lease is disposed; null when it is not there.</summary>
    internal ModelLease? TryLease()
    {
        lock (gate)
        {
            if (State != VersionState.Ready || inMemory is not { } held)
                return null;
            leases++;
            LastUsed = Stopwatch.GetTimestamp();
            return new ModelLease(this, held.Worker);
        }
    }

    /// <summary>Ends a lease.</summary>
    internal void Release()
    {
        lock (gate)
        {
            if (--leases == 0)
                idle?.TrySetResult();
        }
    }

    /// <summary>The one load that is under way, or a new one: those who ask at once share it.</summary>
    internal Task ShareLoad(Func<Task> load)
    {
        lock (gate)
            return loading is { IsCompleted: false } ? loading : loading = load();
    }

    /// <summary>Says that it is being brought into memory.</summary>
    internal void MarkLoading() => Set(VersionState.Loading, null, loadsOnRequest: true);

    /// <summary>Says that it is kept on the disk.</summary>
    internal void MarkUnloaded(bool loadsOnRequest, string? reason) =>
        Set(VersionState.Unloaded, reason, loadsOnRequest);

    /// <summary>Says that it can't be served.</summary>
    internal void MarkFailed(string reason) => Set(VersionState.Failed, reason, loadsOnRequest: false);

    /// <summary>Takes a network, which is from now on in memory, and what it takes there.</summary>
    internal void MarkReady(BuiltModel built, IDisposable room)
    {
        lock (gate)
        {
            if (!isRemoved)
            {
                inMemory = (built.Worker, room);
                (Execution, Loaded, LastUsed) = (built.Execution, built.Built, Stopwatch.GetTimestamp());
                Describe(built.Weights);
                Samples = built.Samples;
                (State, Reason, LoadsOnRequest) = (VersionState.Ready, null, false);
                return;
            }
        }

        built.Worker.Dispose();
        room.Dispose();
    }

    /// <summary>Takes no new leases, waits for those that are out, then frees the memory.</summary>
    /// <param name="loadsOnRequest">Whether the next request brings it back.</param>
    /// <param name="reason">Why it is unloaded.</param>
    /// <param name="onlyIdle">Leaves it as it is when a lease is out.</param>
    /// <param name="forGood">Whether it is removed, and never loaded again.</param>
    /// <returns>Whether it was in memory, and is no longer.</returns>
    internal async Task<bool> DrainAsync(
        bool loadsOnRequest,
        string? reason,
        bool onlyIdle = false,
        bool forGood = false
    )
    {
        (InferenceWorker Worker, IDisposable Room) held;
        TaskCompletionSource noLease = new(TaskCreationOptions.RunContinuationsAsynchronously),
            done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            isRemoved |= forGood;
            if (inMemory is not { } there || (onlyIdle && leases > 0))
                return false;
            (held, inMemory, idle, drained) = (there, null, noLease, done);
            (State, Reason, LoadsOnRequest) = (VersionState.Draining, reason, loadsOnRequest);
            if (leases == 0)
                noLease.TrySetResult();
        }

        await noLease.Task;
        held.Worker.Dispose();
        held.Room.Dispose();
        Set(VersionState.Unloaded, reason, loadsOnRequest);
        done.SetResult();
        return true;
    }

    /// <summary>Done when it is not being drained.</summary>
    internal Task DrainedAsync()
    {
        lock (gate)
            return drained?.Task ?? Task.CompletedTask;
    }

    private void Set(VersionState state, string? reason, bool loadsOnRequest)
    {
        lock (gate)
        {
            if (!isRemoved || state == VersionState.Unloaded)
                (State, Reason, LoadsOnRequest) = (state, reason, loadsOnRequest);
        }
    }
}
