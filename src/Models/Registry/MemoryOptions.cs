using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Registry;

/// <summary>The memory that models may use, and how long requests wait for it.</summary>
public sealed class MemoryOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Memory";

    /// <summary>
    /// The memory that loaded versions may use on one device. Each version counts with its weights and with the memory
    /// that computing a batch needs. When a version to be loaded does not fit, the least recently used versions are
    /// unloaded; the next request for one of them loads it again. Pinned versions are not unloaded. On the CPU, up to
    /// 64 compiled programs of unloaded versions wait for their next use in the memory that loaded versions leave.
    /// </summary>
    /// <value>
    /// Bytes; at least 1 MiB; default: on the CPU 80 % of the memory that the process may use, and on a GPU 80 % of its
    /// memory.
    /// </value>
    [Range(1L << 20, long.MaxValue)]
    public long? Budget { get; init; }

    /// <summary>
    /// How long a request waits for a version that is being loaded, before it gets the error <c>model_not_ready</c>. A
    /// version waits for half of that time until others that are in use leave it their memory; then the error is
    /// <c>out_of_memory</c>.
    /// </summary>
    /// <value>0 to 10 minutes; default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan LoadWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long unloading and deleting wait for the predictions that still use a version. Afterwards they answer that
    /// its memory is not free yet, and by what it is held; it is freed when these predictions end.
    /// </summary>
    /// <value>0 to 10 minutes; default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainWait { get; init; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class MemoryOptionsValidator : IValidateOptions<MemoryOptions>;
