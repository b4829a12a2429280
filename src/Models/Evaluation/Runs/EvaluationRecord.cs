namespace ModelService.Models.Evaluation.Runs;

/// <summary>An evaluation at one moment, as it is stored in <c>evaluation.json</c>.</summary>
public sealed record EvaluationRecord
{
    /// <summary>The latest schema that this server can read.</summary>
    public const int CurrentSchema = 1;

    /// <summary>The schema that the file is written in.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>Its id: twelve hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>The number of the version.</summary>
    public required int Version { get; init; }

    /// <summary>SHA-256 of the version's weights file, which tells the version from others of that number.</summary>
    public required string Weights { get; init; }

    /// <summary>The name of the data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>The revision of the data set.</summary>
    public required int Revision { get; init; }

    /// <summary>The images of the data set that are evaluated.</summary>
    public required EvaluationSplit Split { get; init; }

    /// <summary>The number of these images.</summary>
    public required int Images { get; init; }

    /// <summary>Its state.</summary>
    public EvaluationState State { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public string? Reason { get; init; }

    /// <summary>How often it was started. A server that stops in the middle starts it once more.</summary>
    public int Attempts { get; init; }

    /// <summary>When it was requested.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it began to run; null when it did not.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended; null when it did not.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Whether it has ended, in whichever way.</summary>
    internal bool IsFinished =>
        State is EvaluationState.Succeeded or EvaluationState.Failed or EvaluationState.Cancelled;
}
