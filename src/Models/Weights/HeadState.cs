namespace ModelService.Models.Weights;

/// <summary>The origin of the weights of the head, the layer that gives the class scores.</summary>
public enum HeadState
{
    /// <summary>Some or all of its weights are random: the scores mean nothing until the head is trained.</summary>
    Random,

    /// <summary>All of its weights come from a weights file or another model.</summary>
    Loaded,
}
