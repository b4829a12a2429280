using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Weights;

/// <summary>
/// Limits for the content of a weights file. The error for a file beyond a limit names the number found.
/// </summary>
public sealed record WeightsLimits
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Limits";

    /// <summary>The default limits, which leave networks of hundreds of layers room to spare.</summary>
    public static WeightsLimits Default { get; } = new();

    /// <summary>Most tensors in a state dict.</summary>
    /// <value>Tensors; at least 1; default 16,384.</value>
    [Range(1, int.MaxValue)]
    public int MaxTensors { get; init; } = 16_384;

    /// <summary>Most bytes of all tensors together, once unpacked. Every element counts at least four bytes.</summary>
    /// <value>Bytes; at least 1; default 8 GiB.</value>
    [Range(1, long.MaxValue)]
    public long MaxTotalBytes { get; init; } = 8L << 30;

    /// <summary>Most bytes of a tensor's name.</summary>
    /// <value>Bytes; at least 1; default 1,024.</value>
    [Range(1, int.MaxValue)]
    public int MaxNameBytes { get; init; } = 1_024;

    /// <summary>Most bytes of a safetensors header.</summary>
    /// <value>Bytes; at least 1; default 16 MiB.</value>
    [Range(1, int.MaxValue)]
    public int MaxHeaderBytes { get; init; } = 16 << 20;

    /// <summary>Most bytes of one pickle.</summary>
    /// <value>Bytes; at least 1; default 16 MiB.</value>
    [Range(1, int.MaxValue)]
    public int MaxPickleBytes { get; init; } = 16 << 20;

    /// <summary>
    /// Most steps of one pickle. Every opcode is a step, and so is every size and stride of a tensor and every
    /// pair of an <c>OrderedDict</c>. This also bounds the memo and all lists and dicts.
    /// </summary>
    /// <value>Steps; at least 1; default 1,000,000.</value>
    [Range(1, int.MaxValue)]
    public int MaxPickleSteps { get; init; } = 1_000_000;

    /// <summary>Most values on a pickle's stack. This also bounds the depth of nested values.</summary>
    /// <value>Values; at least 1; default 65,536.</value>
    [Range(1, int.MaxValue)]
    public int MaxPickleStack { get; init; } = 65_536;

    /// <summary>Most marks that are open at once in a pickle.</summary>
    /// <value>Marks; at least 1; default 1,024.</value>
    [Range(1, int.MaxValue)]
    public int MaxPickleMarks { get; init; } = 1_024;

    /// <summary>Most bytes of one string in a pickle.</summary>
    /// <value>Bytes; at least 1; default 1 MiB.</value>
    [Range(1, int.MaxValue)]
    public int MaxStringBytes { get; init; } = 1 << 20;

    /// <summary>Most nested keys such as <c>state_dict</c> around the weights.</summary>
    /// <value>Levels; at least 0; default 8.</value>
    [Range(0, int.MaxValue)]
    public int MaxWrappers { get; init; } = 8;

    /// <summary>Most entries of a zip.</summary>
    /// <value>Entries; at least 1; default 65,536.</value>
    [Range(1, int.MaxValue)]
    public int MaxZipEntries { get; init; } = 65_536;

    /// <summary>
    /// Largest ratio of unpacked to packed size of a compressed zip entry of more than 1 MiB. It applies also to all
    /// compressed entries of the tensors together.
    /// </summary>
    /// <value>Times; at least 1; default 100.</value>
    [Range(1, int.MaxValue)]
    public int MaxInflationRatio { get; init; } = 100;
}

[OptionsValidator]
internal sealed partial class WeightsLimitsValidator : IValidateOptions<WeightsLimits>;
