namespace ModelService.Models.Scheduling;

/// <summary>
/// The rank of a request in a model's queue: all waiting inputs of a higher priority are served before those of a lower
/// one.
/// </summary>
public enum Priority
{
    /// <summary>Served before all others.</summary>
    High,

    /// <summary>The default.</summary>
    Normal,

    /// <summary>Served when no other input waits.</summary>
    Low,
}
