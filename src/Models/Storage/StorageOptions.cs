namespace ModelService.Models.Storage;

/// <summary>Where files are kept.</summary>
public sealed class StorageOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Storage";

    /// <summary>Where uploads wait while they are read; it must have room for the largest ones that come at once. Servers may share it.</summary>
    /// <value>A folder, made if it isn't there; default: <c>model-service-USER</c> among the system's temporary files.</value>
    public string? Staging { get; init; }
}
