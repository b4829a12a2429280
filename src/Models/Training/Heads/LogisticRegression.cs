using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Heads;

/// <summary>
/// A linear head by multinomial logistic regression on features that don't change: no learning rate to guess, and the
/// same result each time. While it is fitted, features are divided by the square roots of their deviations (Pareto
/// scaling): one penalty suits features in any unit, and those that hardly change count for less.
/// </summary>
/// <remarks>
/// Source of the scaling: R. van den Berg et al., "Centering, scaling, and transformations: improving the biological
/// information content of metabolomics data", BMC Genomics 7:142 (2006).
/// </remarks>
internal sealed class LogisticRegression : IDisposable
{
    private const double Tolerance = 1e-5;
    private const int MostSteps = 300;
    private const double LeastDeviation = 1e-6; // of a feature that never changes

    private readonly Tensor features; // [N, D], centred and scaled
    private readonly Tensor targets; // [N, K], one-hot
    private readonly Tensor weights; // [N, 1], of each row, with the mean 1
    private readonly Tensor mean;
    private readonly Tensor scale;
    private readonly int classes;
    private readonly int width;

    /// <summary>Prepares a regression.</summary>
    /// <param name="features">The features <c>[N, D]</c>, float32; borrowed until this returns.</param>
    /// <param name="labels">The class of each row.</param>
    /// <param name="classWeights">The weight of each class; null: all are equal.</param>
    /// <param name="classes">The number of classes K.</param>
    public LogisticRegression(
        Tensor features,
        IReadOnlyList<int> labels,
        IReadOnlyList<double>? classWeights,
        int classes
    )
    {
        this.classes = classes;
        width = (int)features.shape[1];
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        mean = features.mean([0]).DetachFromDisposeScope();
        var deviation = TensorMath.Sum(features.std(0, unbiased: false), LeastDeviation);
        scale = deviation.mul(deviation.mean()).sqrt().DetachFromDisposeScope(); // with the mean, free of the unit
        this.features = features.sub(mean).div(scale).DetachFromDisposeScope();
        var indices = tensor(labels.Select(label => (long)label).ToArray());
        targets = nn.functional.one_hot(indices, classes).to(ScalarType.Float32).DetachFromDisposeScope();
        var each = labels.Select(label => classWeights?[label] ?? 1).ToArray();
        var average = each.Average();
        weights = tensor(each.Select(weight => (float)(weight / average / each.Length)).ToArray())
            .unsqueeze(1)
            .DetachFromDisposeScope();
    }

    /// <summary>Fits the head.</summary>
    /// <param name="penalty">Half of it times the squared weights is added to the mean loss.</param>
    /// <param name="parameters">Where to begin, K · (D + 1) numbers; receives the minimum.</param>
    /// <param name="goOn">Whether there is time for another step.</param>
    /// <returns>The least loss, with the penalty.</returns>
    public double Fit(double penalty, double[] parameters, Func<bool>? goOn = null) =>
        Lbfgs.Minimize((point, gradient) => Loss(penalty, point, gradient), parameters, Tolerance, MostSteps, goOn);

    /// <summary>A start for <see cref="Fit"/>: all zero.</summary>
    public double[] Start() => new double[classes * (width + 1)];

    /// <summary>The head for features as they are.</summary>
    /// <param name="parameters">What <see cref="Fit"/> has found.</param>
    /// <returns>Weight <c>[K, D]</c> and bias <c>[K]</c>; the current dispose scope owns them.</returns>
    public (Tensor Weight, Tensor Bias) Head(double[] parameters)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var (weight, bias) = Split(parameters);
        var scaled = weight.div(scale);
        var shifted = bias.sub(scaled.matmul(mean));
        return (scaled.MoveToOuterDisposeScope(), shifted.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        features.Dispose();
        targets.Dispose();
        weights.Dispose();
        mean.Dispose();
        scale.Dispose();
    }

    private double Loss(double penalty, double[] point, double[] gradient)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var (weight, bias) = Split(point);
        var logarithms = nn.functional.log_softmax(nn.functional.linear(features, weight, bias), 1);
        double loss = -logarithms.mul(targets).mul(weights).sum().item<float>();
        var error = logarithms.exp().sub(targets).mul(weights); // [N, K]
        var ofWeight = error.t().matmul(features);
        TensorMath.AddScaled(ofWeight, weight, penalty);
        var squares = weight.mul(weight).sum().item<float>();
        Copy(ofWeight, gradient.AsSpan(0, classes * width));
        Copy(error.sum([0]), gradient.AsSpan(classes * width));
        return loss + (penalty / 2 * squares);
    }

    private (Tensor Weight, Tensor Bias) Split(double[] parameters)
    {
        var all = tensor(parameters).to(ScalarType.Float32);
        return (all.narrow(0, 0, classes * width).view(classes, width), all.narrow(0, classes * width, classes));
    }

    private static void Copy(Tensor from, Span<double> to)
    {
        var numbers = TensorMemory.Elements<float>(from.contiguous());
        for (var i = 0; i < to.Length; i++)
            to[i] = numbers[i];
    }
}
