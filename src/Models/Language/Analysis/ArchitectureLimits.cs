using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Language.Analysis;

/// <summary>How large a network may be. The limits are checked before any tensor is allocated.</summary>
public sealed class ArchitectureLimits
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Limits";

    /// <summary>Most layers and blocks; each copy of a repeat counts.</summary>
    /// <value>Layers; 1 to 1,000,000; default 5,000.</value>
    [Range(1, 1_000_000)]
    public int MaxLayers { get; init; } = 5_000;

    /// <summary>Deepest nesting of blocks.</summary>
    /// <value>Levels; 1 to 24; default 16.</value>
    [Range(1, 24)]
    public int MaxNesting { get; init; } = 16;

    /// <summary>
    /// Most numbers in all tensors together: trainable parameters and buffers, such as the running statistics of a
    /// batch norm.
    /// </summary>
    /// <value>Numbers, 4 bytes each in float32; 1 to 1,000,000,000,000; default 1,000,000,000.</value>
    [Range(1, 1_000_000_000_000)]
    public long MaxParameters { get; init; } = 1_000_000_000;

    /// <summary>
    /// Most multiply-accumulates for one input, in convolutions and linear layers: a network that needs more takes too
    /// long to serve. ResNet-152 needs 11.5 billion.
    /// </summary>
    /// <value>
    /// Multiply-accumulates; 1 to 1,000,000,000,000,000,000; default 1,000,000,000,000, which take a CPU tens of
    /// seconds.
    /// </value>
    [Range(1, 1_000_000_000_000_000_000)]
    public long MaxMacs { get; init; } = 1_000_000_000_000;

    /// <summary>Most memory, for one picture, of one layer's output or of its padded input.</summary>
    /// <value>Bytes in float32; 1 to 8,589,934,588 (as many numbers as 32 bits can count); default 1 GiB.</value>
    [Range(1, 4L * int.MaxValue)]
    public long MaxActivationBytes { get; init; } = 1L << 30;
}

[OptionsValidator]
internal sealed partial class ArchitectureLimitsValidator : IValidateOptions<ArchitectureLimits>;
