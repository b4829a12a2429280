namespace ModelService.Models.Backends;

/// <summary>The executor that computes a model.</summary>
public enum Backend
{
    /// <summary>The compiled plan: fused operators, one native call per batch.</summary>
    Plan,

    /// <summary>The eager executor: the network operator by operator, slower and with the same scores.</summary>
    Module,
}
