using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>How weights follow gradients. The names and defaults are PyTorch's, unless said otherwise.</summary>
public sealed record OptimizerDefinition
{
    /// <summary>The rules by which an optimiser turns gradients into steps.</summary>
    public required OptimizerType Type { get; init; }

    /// <summary>The highest learning rate; null: 0.05 for sgd, 0.001 for the others.</summary>
    public double? Lr { get; init; }

    /// <summary>With sgd and rmsprop: the share of the last step that goes on. PyTorch's default is 0.</summary>
    public double? Momentum { get; init; }

    /// <summary>With sgd: Nesterov's momentum.</summary>
    public bool? Nesterov { get; init; }

    /// <summary>How much weights shrink; null: 0.01 for adamw, 0 for the others.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>The tensors that weight decay shrinks.</summary>
    public WeightDecayScope? Decay { get; init; }

    /// <summary>With adam and adamw: decay rates of the two moving averages.</summary>
    public IReadOnlyList<double>? Betas { get; init; }

    /// <summary>With rmsprop: decay rate of the moving average.</summary>
    public double? Alpha { get; init; }

    /// <summary>Added to a divisor.</summary>
    public double? Eps { get; init; }
}

/// <summary>The rules by which an optimiser turns gradients into steps.</summary>
[JsonConverter(typeof(WireEnumConverter<OptimizerType>))]
public enum OptimizerType
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>sgd</c>.</summary>
    Sgd,

    /// <summary>The value <c>adam</c>.</summary>
    Adam,

    /// <summary>The value <c>adamw</c>.</summary>
    Adamw,

    /// <summary>The value <c>rmsprop</c>.</summary>
    Rmsprop,
}

/// <summary>
/// The learning rate of each step, as a closed form of the step's number: nothing needs to be stored to continue.
/// </summary>
public sealed record ScheduleDefinition
{
    /// <summary>How the learning rate changes from step to step.</summary>
    public required ScheduleType Type { get; init; }

    /// <summary>With cosine: the share of all steps that warm up.</summary>
    public double? Warmup { get; init; }

    /// <summary>With cosine: the rate at the end.</summary>
    public double? MinLr { get; init; }

    /// <summary>With step: epochs from one fall to the next.</summary>
    public int? StepSize { get; init; }

    /// <summary>With step: the factor of each fall.</summary>
    public double? Gamma { get; init; }

    /// <summary>With one_cycle: the share of all steps in which the rate rises.</summary>
    public double? PctStart { get; init; }

    /// <summary>With one_cycle: the first rate is the highest divided by this.</summary>
    public double? DivFactor { get; init; }

    /// <summary>With one_cycle: the last rate is the first divided by this.</summary>
    public double? FinalDivFactor { get; init; }

    /// <summary>
    /// With one_cycle: whether the momentum, or Adam's first decay rate, falls while the rate rises.
    /// </summary>
    public bool? CycleMomentum { get; init; }

    /// <summary>With one_cycle: the lowest momentum.</summary>
    public double? BaseMomentum { get; init; }

    /// <summary>With one_cycle: the highest momentum.</summary>
    public double? MaxMomentum { get; init; }
}

/// <summary>How the learning rate changes from step to step.</summary>
[JsonConverter(typeof(WireEnumConverter<ScheduleType>))]
public enum ScheduleType
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>constant</c>.</summary>
    Constant,

    /// <summary>The value <c>step</c>.</summary>
    Step,

    /// <summary>The value <c>cosine</c>.</summary>
    Cosine,

    /// <summary>The value <c>one_cycle</c>.</summary>
    OneCycle,
}

/// <summary>The tensors that weight decay shrinks.</summary>
[JsonConverter(typeof(WireEnumConverter<WeightDecayScope>))]
public enum WeightDecayScope
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>matrices</c>.</summary>
    Matrices,

    /// <summary>The value <c>all</c>.</summary>
    All,
}
