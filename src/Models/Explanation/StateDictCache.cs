using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Execution;
using ModelService.Models.Registry;

namespace ModelService.Models.Explanation;

/// <summary>
/// Keeps the tensors of the version that was looked into last: what serves it has packed weights, and reading the file
/// takes longer than an explanation. They count in the memory budget, and go when it is short or when nobody used them
/// for a while. Thread-safe.
/// </summary>
internal sealed class StateDictCache : IDisposable
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly WeightsOpener weights;
    private readonly MemoryBudget budget;
    private readonly TimeProvider clock;
    private readonly ITimer timer;
    private (IInferenceWorker Owner, ParameterStore Tensors, IDisposable Memory)? kept;
    private long used;

    /// <summary>An empty cache.</summary>
    /// <param name="weights">Reads the files.</param>
    /// <param name="budget">The memory that the tensors count in.</param>
    /// <param name="clock">Says when they were not used for a while.</param>
    public StateDictCache(WeightsOpener weights, MemoryBudget budget, TimeProvider clock)
    {
        (this.weights, this.budget, this.clock) = (weights, budget, clock);
        budget.Short += Free;
        timer = clock.CreateTimer(_ => FreeIdle(), null, IdleTime / 2, IdleTime / 2);
    }

    /// <summary>Gives the tensors of a version.</summary>
    /// <param name="lease">The version.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The tensors on the CPU; the caller disposes them.</returns>
    /// <exception cref="Errors.ServingException">As of <see cref="WeightsOpener.ReadAsync"/>.</exception>
    public async Task<ParameterStore> ReadAsync(ModelLease lease, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (kept is { } last && last.Owner == lease.Worker)
            {
                used = clock.GetTimestamp();
                return ParameterStore.Share(last.Tensors.StateDict);
            }
        }

        var tensors = await weights.ReadAsync(lease.Model, cancellationToken);
        Free();

        // Not under the lock: a reservation may ask all others for memory, who have locks of their own.
        if (budget.TryReserve("cpu", lease.Model.Bytes) is not { } memory)
            return tensors;
        lock (gate)
        {
            Free();
            kept = (lease.Worker, ParameterStore.Share(tensors.StateDict), memory);
            used = clock.GetTimestamp();
        }

        return tensors;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        timer.Dispose();
        budget.Short -= Free;
        Free();
    }

    private void FreeIdle()
    {
        lock (gate)
        {
            if (clock.GetElapsedTime(used) >= IdleTime)
                Free();
        }
    }

    // Whoever reads them at this moment shares them: their memory goes with the last one.
    private void Free()
    {
        lock (gate)
        {
            if (kept is not { } last)
                return;
            NativeTuning.ReturnMemoryOf(last.Tensors.Dispose);
            last.Memory.Dispose();
            kept = null;
        }
    }
}
