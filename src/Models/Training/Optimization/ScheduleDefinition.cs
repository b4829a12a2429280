using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModelService.Models.Training.Optimization;

/// <summary>How the learning rate changes from step to step.</summary>
public enum ScheduleType
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls by a factor every so many epochs (torch.optim.lr_scheduler.StepLR).</summary>
    Step,

    /// <summary>It rises linearly while warming up, and then falls along a cosine.</summary>
    Cosine,

    /// <summary>It rises along a cosine, then falls along another (OneCycleLR).</summary>
    OneCycle,
}

/// <summary>
/// The learning rate of each step, as a closed form of the step's number: nothing needs to be stored to continue.
/// </summary>
public sealed record ScheduleDefinition
{
    /// <summary>The form.</summary>
    [Description("\"constant\", \"step\", \"cosine\" or \"one_cycle\".")]
    public required ScheduleType Type { get; init; }

    /// <summary>With cosine: the share of all steps that warm up.</summary>
    [Description("With cosine: the share of all steps in which the rate rises linearly.")]
    [Range(0.0, 0.9)]
    public double Warmup { get; init; } = 0.1;

    /// <summary>With cosine: the rate at the end.</summary>
    [Description("With cosine: the rate at the end.")]
    [Range(0.0, 100.0)]
    public double MinLr { get; init; }

    /// <summary>With step: epochs from one fall to the next.</summary>
    [Description("With step: epochs from one fall to the next.")]
    [Range(1, 1_000_000)]
    public int StepSize { get; init; } = 10;

    /// <summary>With step: the factor of each fall.</summary>
    [Description("With step: the factor of each fall.")]
    [Range(1e-6, 1.0)]
    public double Gamma { get; init; } = 0.1;

    /// <summary>With one_cycle: the share of all steps in which the rate rises.</summary>
    [Description("With one_cycle: the share of all steps in which the rate rises.")]
    [Range(0.01, 0.99)]
    public double PctStart { get; init; } = 0.3;

    /// <summary>With one_cycle: the first rate is the highest divided by this.</summary>
    [Description("With one_cycle: the first rate is the highest divided by this.")]
    [Range(1.0, 1e9)]
    public double DivFactor { get; init; } = 25;

    /// <summary>With one_cycle: the last rate is the first divided by this.</summary>
    [Description("With one_cycle: the last rate is the first divided by this.")]
    [Range(1.0, 1e9)]
    public double FinalDivFactor { get; init; } = 1e4;

    /// <summary>
    /// With one_cycle: whether the momentum, or Adam's first decay rate, falls while the rate rises.
    /// </summary>
    [Description("With one_cycle: whether momentum falls while the rate rises, and rises while it falls.")]
    public bool CycleMomentum { get; init; } = true;

    /// <summary>With one_cycle: the lowest momentum.</summary>
    [Description("With one_cycle: the lowest momentum.")]
    [Range(0.0, 0.9999)]
    public double BaseMomentum { get; init; } = 0.85;

    /// <summary>With one_cycle: the highest momentum.</summary>
    [Description("With one_cycle: the highest momentum.")]
    [Range(0.0, 0.9999)]
    public double MaxMomentum { get; init; } = 0.95;
}
