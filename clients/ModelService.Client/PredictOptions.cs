namespace ModelService.Client;

/// <summary>How a prediction is made.</summary>
public sealed record PredictOptions
{
    /// <summary>The version; null: the one that serves.</summary>
    public int? Version { get; init; }

    /// <summary>The number of best classes; null: 5.</summary>
    public int? TopK { get; init; }

    /// <summary>The scores of all classes to return besides; null: probabilities.</summary>
    public ScoreKind? Scores { get; init; }

    /// <summary>The priority among the requests that wait; null: normal.</summary>
    public RequestPriority? Priority { get; init; }

    /// <summary>The time within which the answer is needed; null: no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// What names the caller, such as the id of a user: while requests are routed to several versions, each caller gets
    /// the same one. Null: the name of the key.
    /// </summary>
    public string? Client { get; init; }
}

/// <summary>The priority of a request in the queue.</summary>
public enum RequestPriority
{
    /// <summary>Can't be sent.</summary>
    Unknown,

    /// <summary>Before all others.</summary>
    High,

    /// <summary>The default.</summary>
    Normal,

    /// <summary>After all others.</summary>
    Low,
}
