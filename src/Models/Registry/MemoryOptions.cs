using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Registry;

/// <summary>How much memory models may take, and how long a request waits for one that is not in it.</summary>
public sealed class MemoryOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Memory";

    /// <summary>
    /// What the versions in memory may take on one device, each counted with its weights and what computing a batch needs. To load past it, the version
    /// that was used longest ago is unloaded; its next request brings it back. Pinned versions stay.
    /// </summary>
    /// <value>Bytes; at least 1 MiB; default: 80 % of what the process may have for the CPU, and no limit for a GPU, whose driver has its own.</value>
    [Range(1L << 20, long.MaxValue)]
    public long? Budget { get; init; }

    /// <summary>How long a request waits for a version that is being loaded; then it is answered <c>model_not_ready</c>.</summary>
    /// <value>0 to 10 minutes; default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan LoadWait { get; init; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class MemoryOptionsValidator : IValidateOptions<MemoryOptions>;
