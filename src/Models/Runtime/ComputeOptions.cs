using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Runtime;

/// <summary>What models compute with.</summary>
public sealed class ComputeOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Compute";

    /// <summary>Threads that one batch is computed with. Fewer leave cores to other models and to photos; more than there are cores make all slower.</summary>
    /// <value>Threads; 0 to 1,024; default 0: one per core.</value>
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
