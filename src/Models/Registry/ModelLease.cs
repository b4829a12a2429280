using ModelService.Models.Execution;

namespace ModelService.Models.Registry;

/// <summary>A claim on a version: it stays in memory until the lease is disposed.</summary>
public sealed class ModelLease : IDisposable
{
    private readonly ModelRunner runner;
    private ModelVersion? version;

    internal ModelLease(ModelVersion version, ModelRunner runner) => (this.version, this.runner) = (version, runner);

    /// <summary>The version.</summary>
    public ModelVersion Model => version ?? throw new ObjectDisposedException(nameof(ModelLease));

    internal ModelRunner Runner => version is null ? throw new ObjectDisposedException(nameof(ModelLease)) : runner;

    /// <summary>Ends the claim.</summary>
    public void Dispose() => Interlocked.Exchange(ref version, null)?.Release();
}
