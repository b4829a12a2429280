using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Optimization;

/// <summary>What a step of training minimises, and how it is kept in bounds.</summary>
internal sealed record Objective
{
    /// <summary>The share of the loss that asks for equal scores of all classes.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>The weight of each class; null: all are equal.</summary>
    public IReadOnlyList<double>? ClassWeights { get; init; }

    /// <summary>The greatest L2 norm of all gradients together; null: no limit.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>
    /// Decay of a moving average of the weights; null: none is kept. The average begins as the initial weights.
    /// </summary>
    public double? EmaDecay { get; init; }
}

/// <summary>What a step has measured.</summary>
/// <param name="Loss">The mean loss of the batch before the step.</param>
/// <param name="GradientNorm">The L2 norm of all gradients together, before clipping.</param>
/// <param name="Right">How many of the batch had the highest score for their label.</param>
internal readonly record struct StepResult(double Loss, double GradientNorm, int Right);

/// <summary>
/// Trains a network batch by batch with the eager executor: cross entropy, gradients, clipping, the optimiser's step
/// and the moving average. It owns the tensors that it trains.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private readonly EagerExecutor executor;
    private readonly Objective objective;
    private readonly EagerMode mode;
    private readonly Tensor? classWeights;

    /// <summary>A trainer before its first step.</summary>
    /// <param name="graph">The network as its layers emit it, or a part of it.</param>
    /// <param name="parameters">Its tensors; owned from here on.</param>
    /// <param name="optimizer">The optimiser's rule.</param>
    /// <param name="objective">The loss, clipping and averaging.</param>
    /// <param name="mode">How batch norm and dropout compute.</param>
    public Trainer(
        Plan graph,
        FlatParameters parameters,
        OptimizerDefinition optimizer,
        Objective objective,
        EagerMode mode
    )
    {
        Parameters = parameters;
        Optimizer = new Optimizer(optimizer, parameters);
        executor = new EagerExecutor(graph, parameters.Store);
        this.objective = objective;
        this.mode = mode;
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        if (objective.ClassWeights is { } weights)
        {
            classWeights = tensor(weights.Select(weight => (float)weight).ToArray())
                .to(parameters.Values.device)
                .DetachFromDisposeScope();
        }

        if (objective.EmaDecay is null)
            return;
        Average = parameters.Values.clone().DetachFromDisposeScope();
        AverageStatistics = parameters.Statistics.clone().DetachFromDisposeScope();
    }

    /// <summary>The tensors that are trained; borrowed.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>The optimiser; borrowed.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>The moving average of <see cref="FlatParameters.Values"/>; null where none is kept.</summary>
    public Tensor? Average { get; }

    /// <summary>The moving average of <see cref="FlatParameters.Statistics"/>.</summary>
    public Tensor? AverageStatistics { get; }

    /// <summary>Trains with a batch.</summary>
    /// <param name="inputs">The batch <c>[N, ...input]</c>, float32; borrowed.</param>
    /// <param name="labels">The class of each input <c>[N]</c>, int64; borrowed.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="momentum">The momentum; null: the optimiser's own.</param>
    /// <returns>What was measured. If the loss is not finite, nothing was changed.</returns>
    public StepResult Step(Tensor inputs, Tensor labels, double rate, double? momentum = null)
    {
        using var scope = NewDisposeScope();
        Parameters.Gradients.zero_();
        using var result = executor.Run(ChannelsLast(inputs), mode, gradient: true);
        var loss = nn.functional.cross_entropy(
            result.Output,
            labels,
            classWeights,
            label_smoothing: objective.LabelSmoothing
        );
        var value = loss.item<float>();
        var right = (int)result.Output.argmax(1).eq(labels).sum().item<long>();
        if (!float.IsFinite(value))
            return new StepResult(value, double.NaN, right);
        loss.backward();
        using var untracked = no_grad();
        double norm = Parameters.Gradients.norm().item<float>();
        if (!double.IsFinite(norm))
            return new StepResult(double.NaN, norm, right);
        if (objective.ClipNorm / (norm + 1e-6) is { } factor and < 1)
            TensorMath.Scale(Parameters.Gradients, factor);
        Optimizer.Step(rate, momentum);
        MoveAverage();
        return new StepResult(value, norm, right);
    }

    /// <summary>The scores of a batch, by the weights as they are or by their average.</summary>
    /// <param name="inputs">The batch; borrowed.</param>
    /// <returns>The scores <c>[N, K]</c>; the current dispose scope owns them.</returns>
    public Tensor Score(Tensor inputs)
    {
        using var inference = inference_mode();
        using var result = executor.Run(ChannelsLast(inputs), EagerMode.Inference);
        return result.TakeOutput();
    }

    /// <summary>Exchanges the weights and their average; a second call exchanges them back.</summary>
    public void ExchangeAverage()
    {
        if (Average is null)
            return;
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        Exchange(Parameters.Values, Average);
        Exchange(Parameters.Statistics, AverageStatistics!);

        static void Exchange(Tensor left, Tensor right)
        {
            var held = left.clone();
            left.copy_(right);
            right.copy_(held);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        executor.Dispose();
        Optimizer.Dispose();
        Average?.Dispose();
        AverageStatistics?.Dispose();
        classWeights?.Dispose();
        Parameters.Dispose();
    }

    // Pictures in this layout make ResNet-18 a fifth faster: oneDNN's kernels need it, and each layer keeps it.
    private static Tensor ChannelsLast(Tensor inputs)
    {
        using var scope = NewDisposeScope();
        return inputs.dim() == 4
            ? inputs.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope()
            : inputs.alias().MoveToOuterDisposeScope();
    }

    // Source: timm's ModelEmaV2, which averages running statistics, too.
    private void MoveAverage()
    {
        if (objective.EmaDecay is not { } decay)
            return;
        TensorMath.Scale(Average!, decay);
        TensorMath.AddScaled(Average!, Parameters.Values, 1 - decay);
        TensorMath.Scale(AverageStatistics!, decay);
        TensorMath.AddScaled(AverageStatistics!, Parameters.Statistics, 1 - decay);
    }
}
