using ModelService.Models.Execution;

namespace ModelService.Models.Registry;

/// <summary>Keeps a version in memory until the lease is disposed.</summary>
public sealed class ModelLease : IDisposable
{
    private readonly InferenceWorker worker;
    private ModelVersion? version;

    internal ModelLease(ModelVersion version, InferenceWorker worker) =>
        (this.version, this.worker) = (version, worker);

    /// <summary>The version.</summary>
    public ModelVersion Model => version ?? throw new ObjectDisposedException(nameof(ModelLease));

    /// <summary>The worker that computes the version; borrowed.</summary>
    internal InferenceWorker Worker => version is null ? throw new ObjectDisposedException(nameof(ModelLease)) : worker;

    /// <summary>Ends the lease.</summary>
    public void Dispose() => Interlocked.Exchange(ref version, null)?.Release();
}
