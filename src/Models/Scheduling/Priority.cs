namespace ModelService.Models.Scheduling;

/// <summary>Who is served first while inputs wait: all that is high before all that is normal, and that before all that is low.</summary>
public enum Priority
{
    /// <summary>Before the others.</summary>
    High,

    /// <summary>As most requests are.</summary>
    Normal,

    /// <summary>When nothing else waits.</summary>
    Low,
}
