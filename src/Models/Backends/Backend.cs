namespace ModelService.Models.Backends;

/// <summary>How a model computes.</summary>
public enum Backend
{
    /// <summary>By its plan: fused operators, one native call per batch.</summary>
    Plan,

    /// <summary>By its TorchSharp modules, one after another: slower, the same scores.</summary>
    Module,
}
