using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Weights;

/// <summary>How much of a weights file is taken. What goes beyond is refused with the number that was found.</summary>
public sealed record WeightsLimits
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Limits";

    /// <summary>The limits that fit networks of hundreds of layers with room to spare.</summary>
    public static WeightsLimits Default { get; } = new();

    /// <summary>Most tensors in a state dict.</summary>
    /// <value>Tensors; at least 1; default 16,384.</value>
    [Range(1, int.MaxValue)]
    public int MaxTensors { get; init; } = 16_384;

    /// <summary>Most bytes of all tensors together once they are made real, counting at least four an element.</summary>
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

    /// <summary>Most steps of one pickle: its opcodes, and the sizes of tensors and pairs that they take again. This bounds its
    /// memo and every list and dict as well.</summary>
    /// <value>Steps; at least 1; default 1,000,000.</value>
    [Range(1, int.MaxValue)]
    public int MaxPickleSteps { get; init; } = 1_000_000;

    /// <summary>Most values on a pickle's stack, and so the depth of what is being built.</summary>
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

    /// <summary>How deep the weights may stand under <c>state_dict</c> and its like.</summary>
    /// <value>Levels; at least 0; default 8.</value>
    [Range(0, int.MaxValue)]
    public int MaxWrappers { get; init; } = 8;

    /// <summary>Most entries of a zip.</summary>
    /// <value>Entries; at least 1; default 65,536.</value>
    [Range(1, int.MaxValue)]
    public int MaxZipEntries { get; init; } = 65_536;

    /// <summary>How many times its packed size a compressed entry of more than 1 MiB may have, and all that the tensors use together.</summary>
    /// <value>Times; at least 1; default 100.</value>
    [Range(1, int.MaxValue)]
    public int MaxInflationRatio { get; init; } = 100;
}

[OptionsValidator]
internal sealed partial class WeightsLimitsValidator : IValidateOptions<WeightsLimits>;
