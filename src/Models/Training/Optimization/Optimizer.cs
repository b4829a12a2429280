using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Optimization;

/// <summary>
/// The optimisers of PyTorch on <see cref="FlatParameters"/>. What they remember is a few vectors and the number of
/// steps, so that a run can be stored and continued bit by bit.
/// </summary>
/// <remarks>Sources: torch.optim.SGD, Adam, AdamW and RMSprop, without their rarer options.</remarks>
internal sealed class Optimizer : IDisposable
{
    private readonly OptimizerDefinition definition;
    private readonly FlatParameters parameters;
    private readonly Tensor decayed; // the part of the values that weight decay shrinks
    private readonly Tensor decayedGradients;
    private readonly Dictionary<string, Tensor> memory = [];

    /// <summary>An optimiser before its first step.</summary>
    /// <param name="definition">The rule and its numbers.</param>
    /// <param name="parameters">What it changes; borrowed while the optimiser lives.</param>
    public Optimizer(OptimizerDefinition definition, FlatParameters parameters)
    {
        this.definition = definition;
        this.parameters = parameters;
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var length = definition.Decay == WeightDecayScope.All ? parameters.Values.shape[0] : parameters.MatricesLength;
        decayed = parameters.Values.narrow(0, 0, length).DetachFromDisposeScope();
        decayedGradients = parameters.Gradients.narrow(0, 0, length).DetachFromDisposeScope();
        string[] names = definition.Type switch
        {
            OptimizerType.Sgd => ["momentum"],
            OptimizerType.Rmsprop => ["square_average", "momentum"],
            _ => ["average", "square_average"],
        };
        foreach (var name in names)
            memory.Add(name, zeros_like(parameters.Values).DetachFromDisposeScope());
    }

    /// <summary>What the optimiser remembers beside <see cref="Steps"/>; borrowed.</summary>
    public IReadOnlyDictionary<string, Tensor> Memory => memory;

    /// <summary>Steps made so far.</summary>
    public long Steps { get; set; }

    /// <summary>Changes the values by the gradients.</summary>
    /// <param name="rate">The learning rate of this step.</param>
    /// <param name="momentum">The momentum of this step, or Adam's first decay rate; null: as defined.</param>
    public void Step(double rate, double? momentum = null)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        Steps++;
        var decay = definition.WeightDecayOrDefault;
        if (decay > 0 && definition.Type == OptimizerType.Adamw)
            TensorMath.Scale(decayed, 1 - (rate * decay));
        else if (decay > 0)
            TensorMath.AddScaled(decayedGradients, decayed, decay);
        switch (definition.Type)
        {
            case OptimizerType.Sgd:
                StepBySgd(rate, momentum ?? definition.MomentumOrDefault);
                break;
            case OptimizerType.Rmsprop:
                StepByRmsprop(rate);
                break;
            default:
                StepByAdam(rate, momentum);
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in memory.Values)
            tensor.Dispose();
        decayed.Dispose();
        decayedGradients.Dispose();
    }

    private void StepBySgd(double rate, double momentum)
    {
        var (values, gradients) = (parameters.Values, parameters.Gradients);
        if (momentum == 0)
        {
            TensorMath.AddScaled(values, gradients, -rate);
            return;
        }

        var velocity = memory["momentum"];
        TensorMath.Scale(velocity, momentum);
        TensorMath.AddScaled(velocity, gradients, 1);
        if (definition.Nesterov)
        {
            TensorMath.AddScaled(values, gradients, -rate);
            TensorMath.AddScaled(values, velocity, -rate * momentum);
        }
        else
        {
            TensorMath.AddScaled(values, velocity, -rate);
        }
    }

    private void StepByAdam(double rate, double? momentum)
    {
        var (first, second) = (momentum ?? definition.Betas?[0] ?? 0.9, definition.Betas?[1] ?? 0.999);
        var (average, squares) = (memory["average"], memory["square_average"]);
        TensorMath.Scale(average, first);
        TensorMath.AddScaled(average, parameters.Gradients, 1 - first);
        TensorMath.Scale(squares, second);
        TensorMath.AddProduct(squares, parameters.Gradients, parameters.Gradients, 1 - second);
        var divisor = squares.sqrt();
        TensorMath.Scale(divisor, 1 / Math.Sqrt(1 - Math.Pow(second, Steps)));
        TensorMath.Shift(divisor, definition.Eps);
        TensorMath.AddQuotient(parameters.Values, average, divisor, -rate / (1 - Math.Pow(first, Steps)));
    }

    private void StepByRmsprop(double rate)
    {
        var (values, gradients, squares) = (parameters.Values, parameters.Gradients, memory["square_average"]);
        TensorMath.Scale(squares, definition.Alpha);
        TensorMath.AddProduct(squares, gradients, gradients, 1 - definition.Alpha);
        var divisor = squares.sqrt();
        TensorMath.Shift(divisor, definition.Eps);
        if (definition.MomentumOrDefault == 0)
        {
            TensorMath.AddQuotient(values, gradients, divisor, -rate);
            return;
        }

        var velocity = memory["momentum"];
        TensorMath.Scale(velocity, definition.MomentumOrDefault);
        TensorMath.AddQuotient(velocity, gradients, divisor, 1);
        TensorMath.AddScaled(values, velocity, -rate);
    }
}
