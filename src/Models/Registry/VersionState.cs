namespace ModelService.Models.Registry;

/// <summary>Whether a version serves, or why not.</summary>
public enum VersionState
{
    /// <summary>It is being built and warmed up.</summary>
    Loading,

    /// <summary>It is in memory and answers requests.</summary>
    Ready,

    /// <summary>It is being unloaded: it takes no new requests, and running ones finish.</summary>
    Draining,

    /// <summary>It is on the disk, and not in memory.</summary>
    Unloaded,

    /// <summary>It can't be served; its reason tells why.</summary>
    Failed,
}
