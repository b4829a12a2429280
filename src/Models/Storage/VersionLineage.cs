namespace ModelService.Models.Storage;

/// <summary>The versions that a version was made from.</summary>
/// <param name="From">
/// The version that it took its network or tensors from, such as <c>pets@1</c>; null when there is none.
/// </param>
/// <param name="Parent">The model's default version when it was created; null for the first version.</param>
public sealed record VersionLineage(string? From, int? Parent)
{
    /// <summary>The training that made its weights; null when none did.</summary>
    public TrainingLineage? Training { get; init; }
}

/// <summary>The training that made the weights of a version.</summary>
/// <param name="Id">The training's id.</param>
/// <param name="Dataset">The data set.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Method">What was trained, such as <c>head</c>.</param>
/// <param name="Seed">The seed of all that is random.</param>
/// <param name="Code">The version of the server.</param>
/// <param name="Images">The number of training images.</param>
/// <param name="Seconds">Seconds of training.</param>
/// <param name="CpuSeconds">Seconds of processors.</param>
/// <param name="Promoted">
/// Whether it may become the default version by itself. One that may not is used by its number, or when it is pinned.
/// </param>
/// <param name="Reason">Why it may, or may not.</param>
public sealed record TrainingLineage(
    string Id,
    string Dataset,
    int Revision,
    string Method,
    long Seed,
    string Code,
    int Images,
    double Seconds,
    double CpuSeconds,
    bool Promoted,
    string Reason
)
{
    /// <summary>The share of the validation images that it classifies right; null when there are none.</summary>
    public double? ValAccuracy { get; init; }

    /// <summary>The share of the test images that it classifies right; null when there are none.</summary>
    public double? TestAccuracy { get; init; }

    /// <summary>What the head was divided by, to calibrate it; null when it was not.</summary>
    public double? Temperature { get; init; }
}
