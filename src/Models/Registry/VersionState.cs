namespace ModelService.Models.Registry;

/// <summary>What can be done with a version.</summary>
public enum VersionState
{
    /// <summary>It is being built and warmed.</summary>
    Loading,

    /// <summary>It is in memory and answers.</summary>
    Ready,

    /// <summary>It takes no new requests; those that run are finished.</summary>
    Draining,

    /// <summary>It is kept on the disk, and not in memory.</summary>
    Unloaded,

    /// <summary>It can't be served; its reason says why.</summary>
    Failed,
}
