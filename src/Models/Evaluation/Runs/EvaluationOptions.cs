using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>Limits on evaluations: runs of a version over the images of a data set.</summary>
public sealed class EvaluationOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Evaluation";

    /// <summary>
    /// Largest number of evaluations that wait. One runs at a time; one more is refused with <c>overloaded</c>.
    /// </summary>
    /// <value>Evaluations; 1 to 1,000; default 20.</value>
    [Range(1, 1000)]
    public int MaxQueued { get; init; } = 20;

    /// <summary>
    /// Number of finished evaluations of a version that are kept. A new one takes the place of the oldest.
    /// </summary>
    /// <value>Evaluations; 1 to 1,000; default 20.</value>
    [Range(1, 1000)]
    public int MaxKept { get; init; } = 20;

    /// <summary>
    /// Largest number of scores of an evaluation: its images times the classes of the model. They are in memory while
    /// it runs, four bytes each, and are kept on the disk.
    /// </summary>
    /// <value>Scores; 1,000 to 500,000,000; default 64,000,000.</value>
    [Range(1000, 500_000_000)]
    public int MaxScores { get; init; } = 64_000_000;
}

[OptionsValidator]
internal sealed partial class EvaluationOptionsValidator : IValidateOptions<EvaluationOptions>;
