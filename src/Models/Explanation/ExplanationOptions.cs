using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Explanation;

/// <summary>Limits on explanations and feature maps. They are computed one at a time, behind predictions.</summary>
public sealed class ExplanationOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Explanation";

    /// <summary>
    /// Largest number of explanations that wait or are computed. One more is refused with <c>overloaded</c>.
    /// </summary>
    /// <value>Requests; 1 to 1,000; default 16.</value>
    [Range(1, 1000)]
    public int MaxWaiting { get; init; } = 16;

    /// <summary>
    /// Largest number of bytes that one explanation computes with. Integrated Gradients and occlusion make their batches
    /// small enough for it; a network of which a single input needs more is refused with <c>out_of_memory</c>.
    /// </summary>
    /// <value>Bytes; 16,777,216 to 1,099,511,627,776; default 1,073,741,824 (1 GiB).</value>
    [Range(1L << 24, 1L << 40)]
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Number of plans that are kept for the next explanation of the same version and layer. Each has a copy of the
    /// weights before its layer, counted in <c>ModelService:Memory:Budget</c>, and goes when a version needs the memory
    /// or when it was not used for a minute.
    /// </summary>
    /// <value>Plans; 0 to 64; default 2. 0 computes all layer by layer.</value>
    [Range(0, 64)]
    public int MaxPlans { get; init; } = 2;

    /// <summary>Largest number of places that an occlusion covers, one after another.</summary>
    /// <value>Places; 1 to 100,000; default 1,024.</value>
    [Range(1, 100_000)]
    public int MaxWindows { get; init; } = 1024;
}

[OptionsValidator]
internal sealed partial class ExplanationOptionsValidator : IValidateOptions<ExplanationOptions>;
