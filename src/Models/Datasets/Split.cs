namespace ModelService.Models.Datasets;

/// <summary>What the images of a part of a data set are for.</summary>
public enum Split
{
    /// <summary>To train with.</summary>
    Train,

    /// <summary>To choose among training settings with.</summary>
    Val,

    /// <summary>To measure the finished model with.</summary>
    Test,
}
