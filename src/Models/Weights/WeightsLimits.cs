namespace ModelService.Models.Weights;

/// <summary>How much of a weights file is taken. What goes beyond is refused with the number that was found.</summary>
public sealed record WeightsLimits
{
    /// <summary>The limits that fit networks of hundreds of layers with room to spare.</summary>
    public static WeightsLimits Default { get; } = new();

    /// <summary>Most tensors in a state dict.</summary>
    /// <value>16,384.</value>
    public int MaxTensors { get; init; } = 16_384;

    /// <summary>Most bytes of all tensors together once they are made real, counting at least four an element.</summary>
    /// <value>8 GiB.</value>
    public long MaxTotalBytes { get; init; } = 8L << 30;

    /// <summary>Most bytes of a tensor's name.</summary>
    /// <value>1,024.</value>
    public int MaxNameBytes { get; init; } = 1_024;

    /// <summary>Most bytes of a safetensors header.</summary>
    /// <value>16 MiB.</value>
    public int MaxHeaderBytes { get; init; } = 16 << 20;

    /// <summary>Most bytes of one pickle.</summary>
    /// <value>16 MiB.</value>
    public int MaxPickleBytes { get; init; } = 16 << 20;

    /// <summary>Most steps of one pickle: its opcodes, and the sizes of tensors and pairs that they take again. This bounds its
    /// memo and every list and dict as well.</summary>
    /// <value>1,000,000.</value>
    public int MaxPickleSteps { get; init; } = 1_000_000;

    /// <summary>Most values on a pickle's stack, and so the depth of what is being built.</summary>
    /// <value>65,536.</value>
    public int MaxPickleStack { get; init; } = 65_536;

    /// <summary>Most marks that are open at once in a pickle.</summary>
    /// <value>1,024.</value>
    public int MaxPickleMarks { get; init; } = 1_024;

    /// <summary>Most bytes of one string in a pickle.</summary>
    /// <value>1 MiB.</value>
    public int MaxStringBytes { get; init; } = 1 << 20;

    /// <summary>How deep the weights may stand under <c>state_dict</c> and its like.</summary>
    /// <value>8.</value>
    public int MaxWrappers { get; init; } = 8;

    /// <summary>Most entries of a zip.</summary>
    /// <value>65,536.</value>
    public int MaxZipEntries { get; init; } = 65_536;

    /// <summary>How many times its packed size a compressed entry of more than 1 MiB may have.</summary>
    /// <value>100.</value>
    public int MaxInflationRatio { get; init; } = 100;
}
