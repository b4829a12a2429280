namespace ModelService.Models.Weights;

/// <summary>Where a model's numbers come from.</summary>
public enum WeightsState
{
    /// <summary>Never trained: the scores mean nothing.</summary>
    Random,

    /// <summary>Some from a weights file or another model, the rest random: the scores mean nothing until that is trained.</summary>
    Partial,

    /// <summary>All from a weights file; none is random.</summary>
    Loaded,
}
