namespace ModelService.Models.Weights;

/// <summary>Where the numbers of the layer that gives the class scores come from.</summary>
public enum HeadState
{
    /// <summary>Some or all of them are random: the scores mean nothing until it is trained.</summary>
    Random,

    /// <summary>All from a weights file.</summary>
    Loaded,
}
