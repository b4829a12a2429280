using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModelService.Models.Training.Optimization;

/// <summary>The rules by which an optimiser turns gradients into steps.</summary>
public enum OptimizerType
{
    /// <summary>Stochastic gradient descent, with momentum if asked for (torch.optim.SGD).</summary>
    Sgd,

    /// <summary>Adam; weight decay is part of the gradient (torch.optim.Adam).</summary>
    Adam,

    /// <summary>Adam with weight decay of its own (torch.optim.AdamW).</summary>
    Adamw,

    /// <summary>Gradients divided by a moving average of their size (torch.optim.RMSprop).</summary>
    Rmsprop,
}

/// <summary>The tensors that weight decay shrinks.</summary>
public enum WeightDecayScope
{
    /// <summary>Weights of two or more dimensions; biases and norms are spared.</summary>
    Matrices,

    /// <summary>Every tensor that is learnt, as PyTorch does by default.</summary>
    All,
}

/// <summary>How weights follow gradients. The names and defaults are PyTorch's, unless said otherwise.</summary>
public sealed record OptimizerDefinition
{
    /// <summary>The rule.</summary>
    [Description("\"sgd\", \"adam\", \"adamw\" or \"rmsprop\".")]
    public required OptimizerType Type { get; init; }

    /// <summary>The highest learning rate; null: 0.05 for sgd, 0.001 for the others.</summary>
    [Description("The highest learning rate; by default 0.05 for sgd and 0.001 for the others.")]
    [Range(1e-9, 100)]
    public double? Lr { get; init; }

    /// <summary>With sgd and rmsprop: the share of the last step that goes on. PyTorch's default is 0.</summary>
    [Description("With sgd and rmsprop: the share of the last step that goes on; by default 0.9 for sgd, else 0.")]
    [Range(0.0, 0.9999)]
    public double? Momentum { get; init; }

    /// <summary>With sgd: Nesterov's momentum.</summary>
    [Description("With sgd: Nesterov's momentum.")]
    public bool Nesterov { get; init; }

    /// <summary>How much weights shrink; null: 0.01 for adamw, 0 for the others.</summary>
    [Description("How much weights shrink in each step; by default 0.01 for adamw, else 0.")]
    [Range(0.0, 10.0)]
    public double? WeightDecay { get; init; }

    /// <summary>What weight decay shrinks.</summary>
    [Description("What weight decay shrinks: \"matrices\" spares biases and norms; \"all\" is PyTorch's default.")]
    public WeightDecayScope Decay { get; init; } = WeightDecayScope.Matrices;

    /// <summary>With adam and adamw: decay rates of the two moving averages.</summary>
    [Description("With adam and adamw: decay rates of the two moving averages; by default [0.9, 0.999].")]
    [MinLength(2)]
    [MaxLength(2)]
    [Range(0.0, 0.999999)]
    public IReadOnlyList<double>? Betas { get; init; }

    /// <summary>With rmsprop: decay rate of the moving average.</summary>
    [Description("With rmsprop: decay rate of the moving average.")]
    [Range(0.0, 0.999999)]
    public double Alpha { get; init; } = 0.99;

    /// <summary>Added to a divisor.</summary>
    [Description("Added to the divisor of adam, adamw and rmsprop.")]
    [Range(1e-16, 1.0)]
    public double Eps { get; init; } = 1e-8;

    /// <summary>The highest learning rate.</summary>
    internal double HighestRate => Lr ?? (Type == OptimizerType.Sgd ? 0.05 : 0.001);

    /// <summary>The share of the last step that goes on.</summary>
    internal double MomentumOrDefault => Momentum ?? (Type == OptimizerType.Sgd ? 0.9 : 0);

    /// <summary>How much weights shrink.</summary>
    internal double WeightDecayOrDefault => WeightDecay ?? (Type == OptimizerType.Adamw ? 0.01 : 0);
}
