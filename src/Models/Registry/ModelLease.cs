using ModelService.Models.Execution;
using ModelService.Models.Registry.Routing;

namespace ModelService.Models.Registry;

/// <summary>Keeps a version in memory until the lease is disposed.</summary>
public sealed class ModelLease : IDisposable
{
    private readonly IInferenceWorker worker;
    private readonly string holder;
    private ModelVersion? version;

    internal ModelLease(ModelVersion version, VersionSnapshot snapshot, IInferenceWorker worker, string holder) =>
        (this.version, Snapshot, this.worker, this.holder) = (version, snapshot, worker, holder);

    /// <summary>The version.</summary>
    public ModelVersion Model => version ?? throw new ObjectDisposedException(nameof(ModelLease));

    /// <summary>The version's state when the lease began.</summary>
    public VersionSnapshot Snapshot { get; }

    /// <summary>The worker that computes the version; borrowed.</summary>
    internal IInferenceWorker Worker =>
        version is null ? throw new ObjectDisposedException(nameof(ModelLease)) : worker;

    /// <summary>The routes that chose the version; null when none did.</summary>
    internal Canary? Canary { get; init; }

    /// <summary>Ends the lease.</summary>
    public void Dispose() => Interlocked.Exchange(ref version, null)?.Release(holder);
}
