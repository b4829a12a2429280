using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using ModelService.Models.Training.Data;
using ModelService.Models.Training.Optimization;

namespace ModelService.Models.Training.Process;

/// <summary>A phase of a run that trains by gradients: its network, its inputs and its numbers.</summary>
internal sealed record PhaseDefinition
{
    /// <summary>The phase's name, such as <c>all</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The network, or the part of it behind what is computed once.</summary>
    public required Plan Graph { get; init; }

    /// <summary>Inputs to train with.</summary>
    public required IInputs Train { get; init; }

    /// <summary>Inputs to validate with.</summary>
    public required IInputs Val { get; init; }

    /// <summary>Which tensors are learnt.</summary>
    public required Func<TensorSpec, bool> IsTrained { get; init; }

    /// <summary>How batch norm and dropout compute.</summary>
    public required EagerMode Mode { get; init; }

    /// <summary>The optimiser.</summary>
    public required OptimizerDefinition Optimizer { get; init; }

    /// <summary>The learning rate over time.</summary>
    public required ScheduleDefinition Schedule { get; init; }

    /// <summary>The loss.</summary>
    public required Objective Objective { get; init; }

    /// <summary>Images of a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Most epochs.</summary>
    public required long Epochs { get; init; }

    /// <summary>Epochs without a better validation loss after which the phase ends.</summary>
    public required long Patience { get; init; }

    /// <summary>The share of the time that is left which the phase may take.</summary>
    public required double TimeShare { get; init; }
}
