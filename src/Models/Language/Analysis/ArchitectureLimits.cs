using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Language.Analysis;

/// <summary>How large a network may be. All is checked before anything is allocated.</summary>
public sealed class ArchitectureLimits
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Limits";

    /// <summary>Most layers and blocks, the copies of a repeat counted.</summary>
    /// <value>Layers; 1 to 1,000,000; default 5,000.</value>
    [Range(1, 1_000_000)]
    public int MaxLayers { get; init; } = 5_000;

    /// <summary>Deepest nesting of blocks.</summary>
    /// <value>Blocks in blocks; 1 to 24; default 16.</value>
    [Range(1, 24)]
    public int MaxNesting { get; init; } = 16;

    /// <summary>Most numbers in all tensors: the trained ones, and those kept beside them, such as a batch norm's statistics.</summary>
    /// <value>Numbers, 4 bytes each in float32; 1 to 1,000,000,000,000; default 1,000,000,000.</value>
    [Range(1, 1_000_000_000_000)]
    public long MaxParameters { get; init; } = 1_000_000_000;

    /// <summary>Most memory for the output of one layer, or for its input with padding around it, for one picture.</summary>
    /// <value>Bytes in float32; 1 to 8,589,934,588 (as many numbers as 32 bits can count); default 1 GiB.</value>
    [Range(1, 4L * int.MaxValue)]
    public long MaxActivationBytes { get; init; } = 1L << 30;
}

[OptionsValidator]
internal sealed partial class ArchitectureLimitsValidator : IValidateOptions<ArchitectureLimits>;
