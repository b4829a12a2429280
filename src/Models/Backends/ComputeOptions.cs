using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Backends;

/// <summary>How models use processors and GPUs.</summary>
public sealed class ComputeOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Compute";

    /// <summary>
    /// Number of batches that a device computes at once, of one model, whose weights they share, or of several models.
    /// More instances give more inputs per second where one batch can't use all cores, but each batch takes longer.
    /// </summary>
    /// <value>Batches; 1 to 64; default 1.</value>
    [Range(1, 64)]
    public int Instances { get; init; } = 1;

    /// <summary>
    /// Number of threads that compute one batch. Fewer threads leave cores to the decoding of photos. More threads than
    /// there are cores for each instance make all batches slower.
    /// </summary>
    /// <value>Threads; 0 to 1,024; default 0: the cores, divided among the instances.</value>
    [Range(0, 1_024)]
    public int Threads { get; init; }

    /// <summary>
    /// Whether a network is probed in a child process before it serves for the first time on this machine. A crash then
    /// ends that process and not the server. Without a probe, the CPU refuses bfloat16, where some convolutions crash.
    /// </summary>
    /// <value>True or false; default true.</value>
    public bool Trial { get; init; } = true;

    /// <summary>
    /// Time limit of the probe of a network. On a machine that computes other things, which come first, a probe may
    /// take three times as long by the clock.
    /// </summary>
    /// <value>A time span; 1 second to 1 hour; default 2 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan TrialTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Whether GPUs may round the factors of float32 products to 10 bits (TF32). That is several times faster, with
    /// errors of about 1e-3.
    /// </summary>
    /// <value>True or false; default false.</value>
    public bool AllowTf32 { get; init; }

    /// <summary>
    /// Whether the server tunes the C library's allocator, OpenMP's waiting threads, and the priority of the threads
    /// that compute large batches. Without it, scores are the same and models are slower; turn it off to find out
    /// whether it is the cause of a problem.
    /// </summary>
    /// <value>True or false; default true.</value>
    public bool NativeTuning { get; init; } = true;
}

[OptionsValidator]
internal sealed partial class ComputeOptionsValidator : IValidateOptions<ComputeOptions>;
