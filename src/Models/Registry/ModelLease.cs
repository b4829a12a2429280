namespace ModelService.Models.Registry;

/// <summary>A claim on a model: it stays in memory until the lease is disposed.</summary>
public sealed class ModelLease : IDisposable
{
    private ModelEntry? entry;

    internal ModelLease(ModelEntry entry) => this.entry = entry;

    /// <summary>The model.</summary>
    public ModelEntry Model => entry ?? throw new ObjectDisposedException(nameof(ModelLease));

    /// <summary>Ends the claim.</summary>
    public void Dispose() => Interlocked.Exchange(ref entry, null)?.Release();
}
