namespace ModelService.Models.Backends;

/// <summary>The form in which a model computes.</summary>
public enum Backend
{
    /// <summary>The model's plan: fused operators, one native call per batch.</summary>
    Plan,

    /// <summary>The model's TorchSharp modules, one after another: slower, with the same scores.</summary>
    Module,
}
