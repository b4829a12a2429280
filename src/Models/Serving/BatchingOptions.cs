using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Serving;

/// <summary>How inputs wait for a model.</summary>
public sealed class BatchingOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Batching";

    /// <summary>Inputs that may wait for one model. A request that brings one more is refused with <c>overloaded</c>.</summary>
    /// <value>Inputs; 1 to 65,536; default 256.</value>
    [Range(1, 65_536)]
    public int QueueLimit { get; init; } = 256;
}

[OptionsValidator]
internal sealed partial class BatchingOptionsValidator : IValidateOptions<BatchingOptions>;
