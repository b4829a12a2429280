using System.Diagnostics;
using ModelService.Models.Execution;

namespace ModelService.Models.Registry;

/// <content>Its way into memory and out of it.</content>
public sealed partial class ModelVersion
{
    private (ModelRunner Runner, IDisposable Room)? inMemory;
    private TaskCompletionSource? idle;
    private TaskCompletionSource? drained;
    private Task? loading;
    private int leases;
    private bool isGone;

    /// <summary>Keeps it in memory until the lease is disposed; null when it is not there.</summary>
    internal ModelLease? TryLease()
    {
        lock (gate)
        {
            if (State != VersionState.Ready || inMemory is not { } held)
                return null;
            leases++;
            LastUsed = Stopwatch.GetTimestamp();
            return new ModelLease(this, held.Runner);
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
    internal void Begin() => Set(VersionState.Loading, null, onDemand: true);

    /// <summary>Says that it is kept on the disk.</summary>
    internal void Rest(bool onDemand, string? reason) => Set(VersionState.Unloaded, reason, onDemand);

    /// <summary>Says that it can't be served.</summary>
    internal void Fail(string reason) => Set(VersionState.Failed, reason, onDemand: false);

    /// <summary>Takes a network, which is from now on in memory, and what it takes there.</summary>
    internal void Attach(BuiltModel built, IDisposable room)
    {
        lock (gate)
        {
            if (!isGone)
            {
                inMemory = (built.Runner, room);
                (Computing, Loaded, LastUsed) = (built.Computing, built.Built, Stopwatch.GetTimestamp());
                Describe(built.Weights);
                Samples = built.Samples;
                (State, Reason, IsOnDemand) = (VersionState.Ready, null, false);
                return;
            }
        }

        built.Runner.Dispose();
        room.Dispose();
    }

    /// <summary>Takes no new leases, waits for those that are out, then frees the memory.</summary>
    /// <param name="onDemand">Whether the next request brings it back.</param>
    /// <param name="reason">Why it is unloaded.</param>
    /// <param name="onlyIdle">Leaves it as it is when a lease is out.</param>
    /// <param name="forGood">Whether it is removed, and never loaded again.</param>
    /// <returns>Whether it was in memory, and is no longer.</returns>
    internal async Task<bool> DrainAsync(bool onDemand, string? reason, bool onlyIdle = false, bool forGood = false)
    {
        (ModelRunner Runner, IDisposable Room) held;
        TaskCompletionSource noLease = new(TaskCreationOptions.RunContinuationsAsynchronously),
            done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            isGone |= forGood;
            if (inMemory is not { } there || (onlyIdle && leases > 0))
                return false;
            (held, inMemory, idle, drained) = (there, null, noLease, done);
            (State, Reason, IsOnDemand) = (VersionState.Draining, reason, onDemand);
            if (leases == 0)
                noLease.TrySetResult();
        }

        await noLease.Task;
        held.Runner.Dispose();
        held.Room.Dispose();
        Set(VersionState.Unloaded, reason, onDemand);
        done.SetResult();
        return true;
    }

    /// <summary>Done when it is not being drained.</summary>
    internal Task DrainedAsync()
    {
        lock (gate)
            return drained?.Task ?? Task.CompletedTask;
    }

    private void Set(VersionState state, string? reason, bool onDemand)
    {
        lock (gate)
        {
            if (!isGone || state == VersionState.Unloaded)
                (State, Reason, IsOnDemand) = (state, reason, onDemand);
        }
    }
}
