using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Scheduling;

/// <summary>How inputs wait for a model, and which are computed together.</summary>
public sealed class BatchingOptions : IValidatableObject
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Batching";

    /// <summary>Inputs that may wait for one model. A request that brings one more is refused with <c>overloaded</c>.</summary>
    /// <value>Inputs; 1 to 65,536; default 256.</value>
    [Range(1, 65_536)]
    public int QueueLimit { get; init; } = 256;

    /// <summary>Most inputs that are computed together; a model of huge inputs takes fewer. Larger batches use the device better and let each of them wait longer.</summary>
    /// <value>Inputs; 0 to 1,024; default 0: 8 on processors, 32 on GPUs.</value>
    [Range(0, 1_024)]
    public int MaxBatchSize { get; init; }

    /// <summary>Most inputs that are computed together on a device.</summary>
    /// <param name="device"><c>cpu</c> or <c>cuda:N</c>.</param>
    internal int MaxBatchSizeOn(string device) =>
        MaxBatchSize > 0 ? MaxBatchSize
        : device == "cpu" ? 8
        : 32;

    /// <summary>
    /// How much each model may compute, in proportion to the others, while several on one device have inputs waiting: one of 3 gets three times as
    /// much as one of 1. Each version in memory counts for itself.
    /// </summary>
    /// <value>A list of weights by the model's name, each 1 to 100, such as <c>ModelService__Batching__Weights__pets=3</c>; default 1 for those it leaves out.</value>
    public Dictionary<string, int> Weights { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The weight of a model.</summary>
    /// <param name="model">The model's name.</param>
    internal int WeightOf(string model) => Weights.GetValueOrDefault(model, 1);

    /// <summary>How long an input that could be computed at once is kept for others to join it. A model that is busy gathers inputs without.</summary>
    /// <value>A time span; 0 to 10 seconds; default 0.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxDelay { get; init; }

    /// <summary>How long a prediction may take, whatever its <c>X-Request-Timeout-Ms</c>; what takes longer is <c>deadline_exceeded</c>.</summary>
    /// <value>A time span; 1 millisecond to 1 hour; default 1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan MaxTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Inputs of all models that may be under way, from decoding to scores. A request that brings one more is refused with <c>overloaded</c>.</summary>
    /// <value>Inputs; 1 to 1,000,000; default 4,096.</value>
    [Range(1, 1_000_000)]
    public int InputsLimit { get; init; } = 4_096;

    /// <summary>Bytes that the inputs of all models under way may take, decoded. A request that brings more is refused with <c>overloaded</c>.</summary>
    /// <value>Bytes; 1 MiB and more; default 2 GiB.</value>
    [Range(1L << 20, long.MaxValue)]
    public long BytesLimit { get; init; } = 2L << 30;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        from weight in Weights
        where weight.Value is < 1 or > 100
        select new ValidationResult(
            $"The weight of '{weight.Key}' is {weight.Value}; it must be between 1 and 100.",
            [nameof(Weights)]
        );
}

[OptionsValidator]
internal sealed partial class BatchingOptionsValidator : IValidateOptions<BatchingOptions>;
