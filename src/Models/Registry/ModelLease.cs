using ModelService.Models.Execution;

namespace ModelService.Models.Registry;

/// <summary>A claim on a version: it stays in memory until the lease is disposed.</summary>
public sealed class ModelLease : IDisposable
{
    private readonly InferenceWorker worker;
    private ModelVersion? version;

    internal ModelLease(ModelVersion version, InferenceWorker worker) =>
        (this.version, this.worker) = (version, worker);

    /// <summary>The version.</summary>
    public ModelVersion Model => version ?? throw new ObjectDisposedException(nameof(ModelLease));

    internal InferenceWorker Worker => version is null ? throw new ObjectDisposedException(nameof(ModelLease)) : worker;

    /// <summary>Ends the claim.</summary>
    public void Dispose() => Interlocked.Exchange(ref version, null)?.Release();
}
