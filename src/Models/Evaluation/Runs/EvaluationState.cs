namespace ModelService.Models.Evaluation.Runs;

/// <summary>Where an evaluation is in its life.</summary>
public enum EvaluationState
{
    /// <summary>It waits for others to finish.</summary>
    Queued,

    /// <summary>Images are being scored.</summary>
    Running,

    /// <summary>The figures and the report are there.</summary>
    Succeeded,

    /// <summary>It ended without figures; the reason says why.</summary>
    Failed,

    /// <summary>A client cancelled it.</summary>
    Cancelled,
}

/// <summary>The images of a data set that are evaluated.</summary>
public enum EvaluationSplit
{
    /// <summary>Those to train with. Images without a split belong to it.</summary>
    Train,

    /// <summary>Those to choose among training settings with.</summary>
    Val,

    /// <summary>Those to measure the finished model with.</summary>
    Test,

    /// <summary>All images.</summary>
    All,
}
