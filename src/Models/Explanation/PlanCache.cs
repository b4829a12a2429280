using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Execution;
using ModelService.Models.Graph;
using ModelService.Models.Registry;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Explanation;

/// <summary>
/// Plans of parts of versions, kept for the next explanation of the same layer: building one takes as long as dozens of
/// predictions. They count in the memory budget, and go when it is short or when nobody used them for a while.
/// Thread-safe.
/// </summary>
internal sealed class PlanCache : IDisposable
{
    /// <summary>The most inputs that a plan computes in one call.</summary>
    public const int MostAtOnce = 16;

    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly LinkedList<Entry> entries = []; // the one that was used last comes first
    private readonly LinkedList<(IInferenceWorker Owner, int Value)> asked = [];
    private readonly ExplanationOptions options;
    private readonly MemoryBudget budget;
    private readonly TimeProvider clock;
    private readonly ITimer timer;

    /// <summary>An empty cache.</summary>
    /// <param name="options">How many plans it keeps.</param>
    /// <param name="budget">The memory that they count in.</param>
    /// <param name="clock">Says when one was not used for a while.</param>
    public PlanCache(IOptions<ExplanationOptions> options, MemoryBudget budget, TimeProvider clock)
    {
        (this.options, this.budget, this.clock) = (options.Value, budget, clock);
        budget.Short += FreeUnused;
        timer = clock.CreateTimer(_ => FreeIdle(), null, IdleTime / 2, IdleTime / 2);
    }

    /// <summary>Number of plans in memory.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return entries.Count;
        }
    }

    /// <summary>Lends the plan of a part of a version.</summary>
    /// <param name="owner">The version's worker.</param>
    /// <param name="part">The part.</param>
    /// <param name="parameters">The version's tensors; borrowed until this returns.</param>
    /// <param name="device">The device that computes.</param>
    /// <param name="atOnce">
    /// Whether a plan is built when it is asked for the first time; else the second time, as many parts are looked at
    /// once only.
    /// </param>
    /// <returns>The loan, which the caller disposes; null where there is no plan.</returns>
    public PlanLoan? Borrow(
        IInferenceWorker owner,
        Plan part,
        ParameterStore parameters,
        Device device,
        bool atOnce = false
    )
    {
        var key = (owner, part.Output.Number);
        lock (gate)
        {
            if (Find(key) is { } known)
                return Lend(known);
            if (options.MaxPlans == 0 || (!IsAskedAgain(key) && !atOnce))
                return null;
            Trim(options.MaxPlans - 1);
        }

        // Without the lock: a build takes seconds, and whoever finds the budget short waits for the lock.
        if (Build(key, part, parameters, device) is not { } built)
            return null;
        lock (gate)
        {
            if (Find(key) is { } known)
            {
                built.Dispose(); // another thread was faster
                return Lend(known);
            }

            entries.AddFirst(built);
            return Lend(built);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        timer.Dispose();
        budget.Short -= FreeUnused;
        FreeUnused();
    }

    // One without a plan says that there can't be one; null: there is no memory for it now.
    private Entry? Build((IInferenceWorker Owner, int Value) key, Plan part, ParameterStore parameters, Device device)
    {
        var bytes = part.Operators.OfType<WeightedOperator>().Sum(item => item.WeightCount) * sizeof(float);
        if (budget.TryReserve(device.ToString(), bytes) is not { } memory)
            return null;
        try
        {
            var verified = PlanVerification.Run(part, parameters, device, Precision.Float32, MostAtOnce);
            if (verified.Plan is null)
                memory.Dispose();
            return new Entry(key, verified.Plan, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private PlanLoan? Lend(Entry entry)
    {
        entries.Remove(entry);
        entries.AddFirst(entry);
        entry.Used = clock.GetTimestamp();
        if (entry.Plan is null)
            return null;
        entry.Loans++;
        return new PlanLoan(entry.Plan, () => Return(entry));
    }

    private void Return(Entry entry)
    {
        lock (gate)
        {
            entry.Loans--;
            entry.Used = clock.GetTimestamp();
            Trim(options.MaxPlans);
        }
    }

    private Entry? Find((IInferenceWorker Owner, int Value) key) => entries.FirstOrDefault(entry => entry.Key == key);

    private bool IsAskedAgain((IInferenceWorker Owner, int Value) key)
    {
        var isKnown = asked.Remove(key);
        asked.AddFirst(key);
        if (asked.Count > 4 * options.MaxPlans)
            asked.RemoveLast();
        return isKnown;
    }

    private void FreeUnused()
    {
        lock (gate)
            Trim(0);
    }

    private void FreeIdle()
    {
        lock (gate)
        {
            asked.Clear();
            Free(entries.Where(entry => clock.GetElapsedTime(entry.Used) >= IdleTime));
        }
    }

    private void Trim(int most) => Free(entries.Skip(most));

    private void Free(IEnumerable<Entry> chosen)
    {
        foreach (var entry in chosen.Where(entry => entry.Loans == 0).ToList())
        {
            entries.Remove(entry);
            entry.Dispose();
        }
    }

    private sealed class Entry((IInferenceWorker Owner, int Value) key, IExecutor? plan, IDisposable memory)
        : IDisposable
    {
        public (IInferenceWorker Owner, int Value) Key => key;

        public IExecutor? Plan => plan;

        public int Loans { get; set; }

        public long Used { get; set; }

        public void Dispose()
        {
            plan?.Dispose();
            memory.Dispose();
        }
    }
}

/// <summary>A plan that is in use.</summary>
/// <param name="plan">The plan; borrowed until this is disposed.</param>
/// <param name="giveBack">Ends the loan.</param>
internal sealed class PlanLoan(IExecutor plan, Action giveBack) : IDisposable
{
    /// <summary>The plan.</summary>
    public IExecutor Plan => plan;

    /// <inheritdoc/>
    public void Dispose() => giveBack();
}
