using System.Numerics.Tensors;

namespace ModelService.Models.Training.Heads;

/// <summary>
/// Minimises a smooth function by limited-memory BFGS with a backtracking line search (Armijo's condition). Source: J.
/// Nocedal and S. Wright, "Numerical Optimization", algorithms 7.4, 7.5 and 3.1.
/// </summary>
internal static class Lbfgs
{
    private const int Memory = 10;
    private const int MostHalvings = 30;
    private const double Armijo = 1e-4;

    /// <summary>Computes a function's value at a point, and its gradient.</summary>
    /// <param name="point">The point.</param>
    /// <param name="gradient">Receives the gradient.</param>
    public delegate double Objective(double[] point, double[] gradient);

    /// <summary>Minimises a function.</summary>
    /// <param name="objective">The function.</param>
    /// <param name="point">Where to begin; receives the minimum.</param>
    /// <param name="tolerance">The gradient's largest number at which to end.</param>
    /// <param name="mostSteps">The number of steps after which to end in any case.</param>
    /// <param name="goOn">Asked after each step whether there is time for another; null: there is.</param>
    /// <returns>The least value.</returns>
    public static double Minimize(
        Objective objective,
        double[] point,
        double tolerance,
        int mostSteps,
        Func<bool>? goOn = null
    )
    {
        var gradient = new double[point.Length];
        var value = objective(point, gradient);
        var history = new List<(double[] Step, double[] Change, double Curvature)>();
        var (next, nextGradient) = (new double[point.Length], new double[point.Length]);
        for (var step = 0; step < mostSteps && goOn?.Invoke() != false; step++)
        {
            if (TensorPrimitives.MaxMagnitude<double>(gradient) is var largest && Math.Abs(largest) <= tolerance)
                break;
            var direction = Direction(gradient, history);
            var slope = TensorPrimitives.Dot<double>(direction, gradient);
            if (slope >= 0) // rounding has spoilt the history
            {
                history.Clear();
                direction = [.. gradient.Select(number => -number)];
                slope = -TensorPrimitives.SumOfSquares<double>(gradient);
            }

            var length = history.Count == 0 ? Math.Min(1, 1 / TensorPrimitives.Norm<double>(gradient)) : 1.0;
            if (Search(objective, point, value, direction, slope, length, next, nextGradient) is not { } found)
                break;
            var (moved, change) = (new double[point.Length], new double[point.Length]);
            TensorPrimitives.Subtract<double>(next, point, moved);
            TensorPrimitives.Subtract<double>(nextGradient, gradient, change);
            var curvature = TensorPrimitives.Dot<double>(moved, change);
            if (curvature > 1e-12 * TensorPrimitives.SumOfSquares<double>(change))
            {
                history.Add((moved, change, curvature));
                if (history.Count > Memory)
                    history.RemoveAt(0);
            }

            next.CopyTo(point, 0);
            nextGradient.CopyTo(gradient, 0);
            value = found;
        }

        return value;
    }

    // The two loops of the algorithm: minus the inverse Hessian, as far as it is known, times the gradient.
    private static double[] Direction(
        double[] gradient,
        List<(double[] Step, double[] Change, double Curvature)> history
    )
    {
        double[] direction = [.. gradient.Select(number => -number)];
        var factors = new double[history.Count];
        for (var i = history.Count - 1; i >= 0; i--)
        {
            var (step, change, curvature) = history[i];
            factors[i] = TensorPrimitives.Dot<double>(step, direction) / curvature;
            TensorPrimitives.MultiplyAdd<double>(change, -factors[i], direction, direction);
        }

        if (history.Count > 0)
        {
            var (_, change, curvature) = history[^1];
            var scale = curvature / TensorPrimitives.SumOfSquares<double>(change);
            TensorPrimitives.Multiply<double>(direction, scale, direction);
        }

        for (var i = 0; i < history.Count; i++)
        {
            var (step, change, curvature) = history[i];
            var rest = factors[i] - (TensorPrimitives.Dot<double>(change, direction) / curvature);
            TensorPrimitives.MultiplyAdd<double>(step, rest, direction, direction);
        }

        return direction;
    }

    private static double? Search(
        Objective objective,
        double[] point,
        double value,
        double[] direction,
        double slope,
        double length,
        double[] next,
        double[] nextGradient
    )
    {
        for (var halving = 0; halving < MostHalvings; halving++, length /= 2)
        {
            TensorPrimitives.MultiplyAdd<double>(direction, length, point, next);
            var found = objective(next, nextGradient);
            if (found <= value + (Armijo * length * slope))
                return found;
        }

        return null;
    }
}
