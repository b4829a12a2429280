namespace ModelService.Api.Contracts;

/// <summary>What a network is written as.</summary>
public enum ArchitectureFormat
{
    /// <summary>The architecture language.</summary>
    Json,

    /// <summary>Python source for torch.nn.</summary>
    Pytorch,
}
