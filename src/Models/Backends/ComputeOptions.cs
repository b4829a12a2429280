using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Backends;

/// <summary>What models compute with.</summary>
public sealed class ComputeOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Compute";

    /// <summary>
    /// Batches that a device computes at once, of one model on one set of weights or of several. More give more inputs per second where one batch
    /// can't use all cores, and each batch takes longer.
    /// </summary>
    /// <value>Batches; 1 to 64; default 1.</value>
    [Range(1, 64)]
    public int Instances { get; init; } = 1;

    /// <summary>Threads that one batch is computed with. Fewer leave cores to photos; more than there are cores for each instance make all slower.</summary>
    /// <value>Threads; 0 to 1,024; default 0: the cores, divided among the instances.</value>
    [Range(0, 1_024)]
    public int Threads { get; init; }

    /// <summary>Whether a network is tried in a process of its own before it serves for the first time on this machine: what ends that process then does not end the server.</summary>
    /// <value>True or false; default true.</value>
    public bool Trial { get; init; } = true;

    /// <summary>How long a trial may take.</summary>
    /// <value>A time span; 1 second to 1 hour; default 2 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan TrialTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether GPUs may round the factors of float32 products to 10 bits (TF32): several times faster, and off by about 1e-3.</summary>
    /// <value>True or false; default false.</value>
    public bool AllowTf32 { get; init; }
}

[OptionsValidator]
internal sealed partial class ComputeOptionsValidator : IValidateOptions<ComputeOptions>;
