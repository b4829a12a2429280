using System.Diagnostics;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Registry.Routing;
using ModelService.Models.Storage;
using ModelService.Models.Tensors;

namespace ModelService.Models.Registry;

/// <summary>
/// A version of a model. What it is never changes; its state does, by the transitions below, each of which replaces
/// <see cref="Current"/>. While it is in memory, it owns its worker and its reserved memory, and frees them when it is
/// drained and the last lease has ended. Thread-safe.
/// </summary>
public sealed partial class ModelVersion
{
    /// <summary>The value of <see cref="LastUsed"/> of a version that was never used.</summary>
    internal const long NeverUsed = long.MinValue;

    private readonly Lock gate = new(); // of transitions and of all fields below
    private readonly Dictionary<string, int> leases = [];
    private volatile VersionSnapshot current;
    private VersionInMemory? inMemory;
    private TaskCompletionSource? released; // completes when the last lease ends
    private Task drained = Task.CompletedTask;
    private Task loading = Task.CompletedTask;

    internal ModelVersion(
        string name,
        int version,
        VersionLineage? lineage,
        DateTimeOffset created,
        VersionSnapshot current,
        ComputedAtOnce atOnce,
        ModelMetrics metrics
    )
    {
        (Name, Version, Lineage, Created, this.current, Metrics) = (name, version, lineage, created, current, metrics);
        if (current.Resolved is not { } model)
            return;
        Bytes = model.Analysis.StateDict.Sum(tensor => tensor.Bytes);
        PlanBytes = model.Analysis.WeightBytes(
            model.Definition.Precision switch
            {
                Precision.Float32 or Precision.Auto or Precision.Fastest => sizeof(float),
                Precision.Int8 => sizeof(byte),
                _ => sizeof(short),
            }
        );
        WorkspaceBytes = atOnce.WorkspaceBytes(model.Analysis);
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>The version's number, from 1.</summary>
    public int Version { get; }

    /// <summary>The versions that it was made from; null when its files are damaged.</summary>
    public VersionLineage? Lineage { get; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Bytes of the tensors in its state dict, which are stored, and in memory while it is built.</summary>
    public long Bytes { get; }

    /// <summary>Bytes of the weights that it computes with: packed, and in the precision that it computes in.</summary>
    public long PlanBytes { get; }

    /// <summary>Estimated bytes that computing needs beside the weights: the plan's program, and batches.</summary>
    public long WorkspaceBytes { get; }

    /// <summary>Estimated bytes of all memory that it needs to serve.</summary>
    public long MemoryBytes => PlanBytes + WorkspaceBytes;

    /// <summary>Estimated bytes of all memory that it needs while it is built.</summary>
    public long BuildBytes => Bytes + MemoryBytes;

    /// <summary>Its state now. Read it once to see values that belong together.</summary>
    public VersionSnapshot Current => current;

    /// <summary>Its definition, resolved and analyzed.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.ModelNotReady"/>: its files are damaged.</exception>
    public ResolvedModel Resolved => current.Resolved ?? throw new ServingException(NotReady());

    /// <summary>The counts of the model's predictions, which its versions share.</summary>
    internal ModelMetrics Metrics { get; }

    /// <summary>The counts of its own predictions.</summary>
    internal VersionMetrics Served { get; } = new();

    /// <summary>
    /// When it was leased last, as a timestamp of <see cref="Stopwatch"/>. Uses before the start of the server are
    /// negative numbers, which only have an order.
    /// </summary>
    internal long LastUsed { get; set; } = NeverUsed;

    /// <summary>The holders of its leases, such as <c>2 predictions</c>; null when it is not leased.</summary>
    internal string? Holders
    {
        get
        {
            lock (gate)
            {
                return leases.Count == 0
                    ? null
                    : string.Join(
                        " and ",
                        leases.Select(pair => $"{pair.Value} {pair.Key}{(pair.Value > 1 ? "s" : "")}")
                    );
            }
        }
    }

    /// <summary>Keeps the version in memory until the lease is disposed; null when it is not ready.</summary>
    /// <param name="holder">What holds the lease, as a noun: <c>prediction</c>.</param>
    /// <param name="canary">The routes that chose the version; null when none did.</param>
    internal ModelLease? TryLease(string holder, Canary? canary = null)
    {
        lock (gate)
        {
            if (inMemory is not { } held)
                return null;
            leases[holder] = leases.GetValueOrDefault(holder) + 1;
            LastUsed = Stopwatch.GetTimestamp();
            return new ModelLease(this, current, held.Built.Worker, holder) { Canary = canary };
        }
    }

    /// <summary>Ends a lease.</summary>
    internal void Release(string holder)
    {
        lock (gate)
        {
            if (--leases[holder] == 0)
                leases.Remove(holder);
            if (leases.Count == 0)
                released?.TrySetResult();
        }
    }

    /// <summary>Starts a load, unless one is already running: simultaneous callers share one load.</summary>
    internal Task ShareLoad(Func<Task> load)
    {
        lock (gate)
            return loading.IsCompleted ? loading = load() : loading;
    }

    /// <summary>Completes when the version is not being drained.</summary>
    internal Task DrainedAsync()
    {
        lock (gate)
            return drained;
    }

    /// <summary>Begins a load.</summary>
    /// <returns>False when the version is in memory or being drained, or was removed.</returns>
    internal bool TryBeginLoading()
    {
        lock (gate)
        {
            if (current.IsRemoved || current.State is not (VersionState.Unloaded or VersionState.Failed))
                return false;
            current = current.To(VersionState.Loading, null, loadsOnRequest: true);
            return true;
        }
    }

    /// <summary>Ends a load, or the first build: the version serves.</summary>
    /// <param name="built">The version in memory; owned by the version from here on, unless it was removed.</param>
    /// <param name="files">Its files in the store.</param>
    /// <param name="isUse">Whether a client caused the load, and not the start of the server.</param>
    /// <returns>False when the version was removed meanwhile.</returns>
    internal bool TryMarkReady(VersionInMemory built, IReadOnlyDictionary<string, StoredFile> files, bool isUse = true)
    {
        lock (gate)
        {
            if (current.IsRemoved)
                return false;
            inMemory = built;
            if (isUse)
                LastUsed = Stopwatch.GetTimestamp();
            var network = built.Built;
            var isFirst = current.WeightsFile is null;
            current = current.To(VersionState.Ready, null, loadsOnRequest: false) with
            {
                Execution = network.Execution,
                Loaded = network.Completed,
                Weights = network.Weights,
                Samples = network.Samples,
                IsQuarantined = isFirst ? VersionSnapshot.IsHeldBack(network.Samples, Lineage) : current.IsQuarantined,
                Files = files,
            };
            return true;
        }
    }

    /// <summary>Ends a load for which there is no memory: the next request tries again.</summary>
    internal void MarkUnloaded(string reason)
    {
        lock (gate)
            current = current.To(VersionState.Unloaded, reason, loadsOnRequest: true);
    }

    /// <summary>Lets requests load the version, if it is unloaded.</summary>
    internal void AllowLoading()
    {
        lock (gate)
        {
            if (current.State == VersionState.Unloaded)
                current = current.To(VersionState.Unloaded, "The next request loads it.", loadsOnRequest: true);
        }
    }

    /// <summary>Ends a load, or the first build: the version can't be served.</summary>
    internal void MarkFailed(string reason)
    {
        lock (gate)
            current = current.To(VersionState.Failed, reason, loadsOnRequest: false);
    }

    /// <summary>
    /// Unloads the version: it gives no new leases. When the existing ones have ended, its memory is freed.
    /// </summary>
    /// <param name="reason">Why it is unloaded.</param>
    /// <param name="loadsOnRequest">Whether the next request for it loads it.</param>
    /// <param name="onlyIdle">Does nothing while the version is leased.</param>
    /// <returns>Completes when the memory is freed; null when nothing of it is in memory, or it is leased.</returns>
    internal Task? Drain(string reason, bool loadsOnRequest, bool onlyIdle = false)
    {
        lock (gate)
        {
            if (current.State is not (VersionState.Ready or VersionState.Draining) || (onlyIdle && leases.Count > 0))
                return null;

            // Another version's need for memory takes nothing back of why it is unloaded already.
            if (current.State == VersionState.Ready || !loadsOnRequest)
                current = current.To(VersionState.Draining, reason, loadsOnRequest);
            if (inMemory is { } held)
            {
                released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (leases.Count == 0)
                    released.SetResult();
                inMemory = null;
                drained = FreeAsync(held, released.Task);
            }

            return drained;
        }
    }

    /// <summary>Unloads the version, and keeps it unloaded until a client loads it.</summary>
    /// <returns>Completes when the memory is freed; null while it is being loaded, or can't be served.</returns>
    internal Task? Unload()
    {
        const string Reason = "A client unloaded it.";
        lock (gate)
        {
            if (current.State != VersionState.Unloaded)
                return Drain(Reason, loadsOnRequest: false);
            current = current.To(VersionState.Unloaded, Reason, loadsOnRequest: false);
            return Task.CompletedTask;
        }
    }

    /// <summary>Removes the version for good: it is drained, and never loaded again.</summary>
    /// <param name="reason">Why it is removed.</param>
    /// <returns>Completes when the memory is freed; null when nothing of it is in memory.</returns>
    internal Task? Remove(string reason)
    {
        lock (gate)
        {
            current = current.Removed();
            return Drain(reason, loadsOnRequest: false);
        }
    }

    /// <summary>Replaces its labels; the network stays as it is.</summary>
    internal void Relabel(IReadOnlyList<string> labels)
    {
        lock (gate)
        {
            var model = Resolved;
            current = current with { Resolved = model.With(model.Definition with { Labels = labels }) };
        }
    }

    private async Task FreeAsync(VersionInMemory held, Task unused)
    {
        await unused;

        // Joins the worker's threads, which a caller's thread must not wait for.
        await Task.Run(held.Dispose);
        lock (gate)
            current = current.To(VersionState.Unloaded, current.Reason, current.LoadsOnRequest);
    }
}
