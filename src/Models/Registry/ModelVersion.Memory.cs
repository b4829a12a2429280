using System.Diagnostics;
using ModelService.Models.Execution;

namespace ModelService.Models.Registry;

/// <content>The changes of a version's state: loading, leasing and draining.</content>
public sealed partial class ModelVersion
{
    private (InferenceWorker Worker, IDisposable Memory)? inMemory;
    private TaskCompletionSource? idle;
    private TaskCompletionSource? drained;
    private Task? loading;
    private int leases;
    private bool isRemoved;

    /// <summary>Keeps the version in memory until the lease is disposed; null when it is not ready.</summary>
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

    /// <summary>Starts a load, unless one is already running: simultaneous callers share one load.</summary>
    internal Task ShareLoad(Func<Task> load)
    {
        lock (gate)
            return loading is { IsCompleted: false } ? loading : loading = load();
    }

    /// <summary>Marks the version as being loaded.</summary>
    internal void MarkLoading() => Set(VersionState.Loading, null, loadsOnRequest: true);

    /// <summary>Marks the version as unloaded.</summary>
    /// <param name="loadsOnRequest">Whether the next request for it loads it.</param>
    /// <param name="reason">Why it is unloaded.</param>
    internal void MarkUnloaded(bool loadsOnRequest, string? reason) =>
        Set(VersionState.Unloaded, reason, loadsOnRequest);

    /// <summary>Marks the version as failed: it can't be served.</summary>
    internal void MarkFailed(string reason) => Set(VersionState.Failed, reason, loadsOnRequest: false);

    /// <summary>
    /// Marks the version as ready. Disposes the network instead when the version was deleted meanwhile.
    /// </summary>
    /// <param name="built">Its network; owned by the version from here on.</param>
    /// <param name="memory">The memory reserved for it; owned by the version from here on.</param>
    internal void MarkReady(BuiltModel built, IDisposable memory)
    {
        lock (gate)
        {
            if (!isRemoved)
            {
                inMemory = (built.Worker, memory);
                (Execution, Loaded, LastUsed) = (built.Execution, built.Built, Stopwatch.GetTimestamp());
                Describe(built.Weights);
                Samples = built.Samples;
                (State, Reason, LoadsOnRequest) = (VersionState.Ready, null, false);
                return;
            }
        }

        built.Worker.Dispose();
        memory.Dispose();
    }

    /// <summary>
    /// Unloads the version: gives no new leases, waits for the existing ones to end, then frees the memory.
    /// </summary>
    /// <param name="loadsOnRequest">Whether the next request for it loads it.</param>
    /// <param name="reason">Why it is unloaded.</param>
    /// <param name="onlyIdle">Does nothing while the version is leased.</param>
    /// <param name="forGood">Whether the version is deleted and can't be loaded again.</param>
    /// <returns>Whether this call unloaded the version; false when it was not in memory, or is leased.</returns>
    internal async Task<bool> DrainAsync(
        bool loadsOnRequest,
        string? reason,
        bool onlyIdle = false,
        bool forGood = false
    )
    {
        (InferenceWorker Worker, IDisposable Memory) held;
        TaskCompletionSource noLease = new(TaskCreationOptions.RunContinuationsAsynchronously),
            done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            isRemoved |= forGood;
            if (inMemory is not { } current || (onlyIdle && leases > 0))
                return false;
            (held, inMemory, idle, drained) = (current, null, noLease, done);
            (State, Reason, LoadsOnRequest) = (VersionState.Draining, reason, loadsOnRequest);
            if (leases == 0)
                noLease.TrySetResult();
        }

        await noLease.Task;
        held.Worker.Dispose();
        held.Memory.Dispose();
        Set(VersionState.Unloaded, reason, loadsOnRequest);
        done.SetResult();
        return true;
    }

    /// <summary>Completes when the version is not being drained.</summary>
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
