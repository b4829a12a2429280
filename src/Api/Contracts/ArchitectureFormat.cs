namespace ModelService.Api.Contracts;

/// <summary>The formats in which a model's network can be downloaded.</summary>
public enum ArchitectureFormat
{
    /// <summary>The architecture language, as JSON.</summary>
    Json,

    /// <summary>Python source that builds a torch.nn module.</summary>
    Pytorch,
}
