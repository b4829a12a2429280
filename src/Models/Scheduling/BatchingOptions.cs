using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Scheduling;

/// <summary>How inputs wait in a model's queue, and how they are computed in batches.</summary>
public sealed class BatchingOptions : IValidatableObject
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Batching";

    /// <summary>
    /// Maximum number of inputs in one model's queue. Further requests are answered <c>overloaded</c>.
    /// </summary>
    /// <value>Inputs; 1 to 65,536; default 256.</value>
    [Range(1, 65_536)]
    public int QueueLimit { get; init; } = 256;

    /// <summary>
    /// Maximum number of inputs in one batch; less for a model with very large inputs. Larger batches use the device
    /// better, but each input waits longer for its scores.
    /// </summary>
    /// <value>Inputs; 0 to 1,024; default 0: 8 on processors, 32 on GPUs.</value>
    [Range(0, 1_024)]
    public int MaxBatchSize { get; init; }

    /// <summary>Maximum number of inputs in one batch on a device.</summary>
    /// <param name="device"><c>cpu</c> or <c>cuda:N</c>.</param>
    internal int MaxBatchSizeOn(string device) =>
        MaxBatchSize > 0 ? MaxBatchSize
        : device == "cpu" ? 8
        : 32;

    /// <summary>
    /// Each model's part of a device's time, relative to the other models, while several of them have waiting inputs: a
    /// model of weight 3 gets three times as much as a model of weight 1. Each version in memory counts as a model of
    /// its own.
    /// </summary>
    /// <value>
    /// A list of weights by the model's name, each 1 to 100, such as <c>ModelService__Batching__Weights__pets=3</c>;
    /// default 1 for models that are not listed.
    /// </value>
    public Dictionary<string, int> Weights { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets the weight of a model.</summary>
    /// <param name="model">The model's name.</param>
    internal int WeightOf(string model) => Weights.GetValueOrDefault(model, 1);

    /// <summary>
    /// How long an idle model holds back an input so that others can join its batch. A busy model gathers inputs anyway
    /// while it computes.
    /// </summary>
    /// <value>A time span; 0 to 10 seconds; default 0.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxDelay { get; init; }

    /// <summary>
    /// Longest time for a prediction, even if its <c>X-Request-Timeout-Ms</c> is longer. The time to load its version
    /// counts, too. After that time it is answered <c>deadline_exceeded</c>.
    /// </summary>
    /// <value>A time span; 1 millisecond to 1 hour; default 1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan MaxTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Maximum number of inputs in progress for all models together, from decoding to scores. Further requests are
    /// answered <c>overloaded</c>.
    /// </summary>
    /// <value>Inputs; 1 to 1,000,000; default 4,096.</value>
    [Range(1, 1_000_000)]
    public int InputsLimit { get; init; } = 4_096;

    /// <summary>
    /// Maximum total size of the decoded inputs in progress for all models together, and of their scores. Further
    /// requests are answered <c>overloaded</c>.
    /// </summary>
    /// <value>Bytes; at least 1 MiB; default 2 GiB.</value>
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

/// <summary>Validates <see cref="BatchingOptions"/> by their attributes and rules.</summary>
[OptionsValidator]
internal sealed partial class BatchingOptionsValidator : IValidateOptions<BatchingOptions>;
