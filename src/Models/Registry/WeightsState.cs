namespace ModelService.Models.Registry;

/// <summary>Where a model's numbers come from.</summary>
public enum WeightsState
{
    /// <summary>Never trained: the scores mean nothing.</summary>
    Random,

    /// <summary>All from a weights file.</summary>
    Loaded,
}
