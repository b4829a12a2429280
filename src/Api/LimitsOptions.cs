using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Api;

/// <summary>What a request may bring.</summary>
public sealed class LimitsOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Limits";

    /// <summary>Largest body of a request that describes a model or an architecture, weights not counted.</summary>
    /// <value>Bytes; 1 KiB to 64 MiB; default 1 MiB.</value>
    [Range(1 << 10, 64 << 20)]
    public int MaxDefinitionBytes { get; init; } = 1 << 20;

    /// <summary>Largest body of a prediction, all of its images together. A single image has a limit of its own (<c>Imaging:MaxBytes</c>).</summary>
    /// <value>Bytes; 1 KiB to 1 GiB; default 64 MiB.</value>
    [Range(1 << 10, 1 << 30)]
    public int MaxPredictBytes { get; init; } = 64 << 20;

    /// <summary>Largest weights file.</summary>
    /// <value>Bytes; at least 1 KiB; default 8 GiB.</value>
    [Range(1 << 10, long.MaxValue)]
    public long MaxWeightsBytes { get; init; } = 8L << 30;

    /// <summary>Most images or tensors in one prediction.</summary>
    /// <value>Inputs; 1 to 1024; default 32.</value>
    [Range(1, 1024)]
    public int MaxInputs { get; init; } = 32;

    /// <summary>How long running requests have to finish when the server is told to stop; then they are cut off.</summary>
    /// <value>1 second to 1 hour; default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class LimitsOptionsValidator : IValidateOptions<LimitsOptions>;
