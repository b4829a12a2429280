namespace ModelService.Models.Weights;

/// <summary>The origin of a model's weights.</summary>
public enum WeightsState
{
    /// <summary>All are random: the scores mean nothing.</summary>
    Random,

    /// <summary>
    /// Some come from a weights file or another model, the rest is random: the scores mean nothing until the rest is
    /// trained.
    /// </summary>
    Partial,

    /// <summary>All come from a weights file or another model; none is random.</summary>
    Loaded,
}
