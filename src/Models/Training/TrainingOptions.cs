using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using ModelService.Models.Runs;

namespace ModelService.Models.Training;

/// <summary>The limits of trainings. Some are those of quantizations in the background, too.</summary>
public sealed class TrainingOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Training";

    /// <summary>
    /// Number of trainings that run at once. Each has a process of its own, and uses the cores that predictions leave.
    /// With 0, trainings are refused; or, when several servers share a database, taken and left to other servers. So
    /// are quantizations in the background, of which a server makes at most one at once.
    /// </summary>
    /// <value>Trainings; 0 to 64; default 1.</value>
    [Range(0, 64)]
    public int MaxRunning { get; init; } = 1;

    /// <summary>
    /// How often servers that share a database take the same training, after the servers that ran it were killed or cut
    /// off. Then it fails: it may be what kills them. Servers that are stopped don't count. A quantization in the
    /// background fails when it was interrupted so often, also on a server by itself.
    /// </summary>
    /// <value>Times; 1 to 1,000; default 5.</value>
    [Range(1, 1_000)]
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Number of trainings that may wait for their turn, and of quantizations in the background.</summary>
    /// <value>Trainings; 0 to 10,000; default 20.</value>
    [Range(0, 10_000)]
    public int MaxQueued { get; init; } = 20;

    /// <summary>
    /// The longest time of a training: the longest that a client may ask for, and the time after which one by epochs
    /// ends with what it has reached.
    /// </summary>
    /// <value>A time span; 1 second to 100 days; default 1 day.</value>
    [Range(typeof(TimeSpan), "00:00:01", "100.00:00:00")]
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Number of threads of a training. Fewer leave cores to predictions; other numbers of threads give other last
    /// digits of the weights.
    /// </summary>
    /// <value>Threads; 0 to 1,024; default 0: as many as there are cores.</value>
    [Range(0, 1_024)]
    public int Threads { get; init; }

    /// <summary>The memory that the process of a training may take. One that takes more is ended, and fails.</summary>
    /// <value>Bytes; 0 or more; default 0: three quarters of the machine's memory.</value>
    [Range(0, long.MaxValue)]
    public long MaxMemoryBytes { get; init; }

    /// <summary>
    /// Number of trainings that are kept, and of quantizations. The oldest that have ended are forgotten; their
    /// versions stay.
    /// </summary>
    /// <value>Trainings; 1 to 100,000; default 1,000.</value>
    [Range(1, 100_000)]
    public int MaxKept { get; init; } = 1_000;

    /// <summary>The limits of trainings as runs.</summary>
    internal RunLimits Runs => new(MaxRunning, MaxQueued, MaxKept, MaxAttempts);

    /// <summary>The memory that the process of a training may take.</summary>
    internal long MemoryLimit =>
        MaxMemoryBytes > 0 ? MaxMemoryBytes : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>Number of threads of a training.</summary>
    internal int ThreadsOrAll => Threads > 0 ? Threads : Environment.ProcessorCount;
}

[OptionsValidator]
internal sealed partial class TrainingOptionsValidator : IValidateOptions<TrainingOptions>;
