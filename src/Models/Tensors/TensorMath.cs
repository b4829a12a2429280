using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Tensors;

/// <summary>Functions of tensors and numbers. The current dispose scope owns the results.</summary>
/// <remarks>
/// TorchSharp turns each number into a native <see cref="Scalar"/>, also the hidden factor 1 of <c>a + b</c>. Nothing
/// refers to it while libtorch computes, so that a garbage collection may free it too early: wrong numbers, or
/// "Expected false to be true" (Scalar.h). These functions hold it until the call is over; nothing else may use the
/// conversions (<c>ScalarLifetimeTests</c>).
/// </remarks>
internal static class TensorMath
{
    private static readonly Scalar One = 1;

    /// <summary><c>left + right</c>.</summary>
    public static Tensor Sum(Tensor left, Tensor right) => left.add(right, One);

    /// <summary><c>left + right</c>.</summary>
    public static Tensor Sum(Tensor left, double right)
    {
        using Scalar held = right;
        return left.add(held);
    }

    /// <summary>Adds 1 to each element in place.</summary>
    public static void Increment(Tensor tensor) => tensor.add_(One);

    /// <summary>Sets each element.</summary>
    public static void Fill(Tensor tensor, double value)
    {
        using Scalar held = value;
        tensor.fill_(held);
    }

    /// <summary>Negative elements multiplied by a number.</summary>
    public static Tensor LeakyRelu(Tensor x, double slope)
    {
        using Scalar held = slope;
        return x.leaky_relu(held);
    }

    /// <summary><c>alpha · (exp(x) - 1)</c> of negative elements.</summary>
    public static Tensor Elu(Tensor x, double alpha)
    {
        using Scalar held = alpha;
        return x.elu(held, One, One);
    }

    /// <summary><c>alpha · (exp(x / alpha) - 1)</c> of negative elements.</summary>
    public static Tensor Celu(Tensor x, double alpha)
    {
        using Scalar held = alpha;
        return x.celu(held);
    }

    /// <summary>log(1 + exp(beta x)) / beta; <c>x</c> where beta x is above the threshold.</summary>
    public static Tensor Softplus(Tensor x, double beta, double threshold) => x.softplus(beta, threshold);

    /// <summary>Each element cut to a range.</summary>
    public static Tensor Clamp(Tensor x, double least, double most)
    {
        using Scalar low = least;
        using Scalar high = most;
        return x.clamp(low, high);
    }

    /// <summary><c>left · right</c>.</summary>
    public static Tensor Product(Tensor left, double right)
    {
        using Scalar held = right;
        return left.mul(held);
    }

    /// <summary>Adds a multiple of a tensor in place: <c>target += factor · other</c>.</summary>
    public static void AddScaled(Tensor target, Tensor other, double factor)
    {
        using Scalar held = factor;
        target.add_(other, held);
    }

    /// <summary>Multiplies each element in place.</summary>
    public static void Scale(Tensor target, double factor)
    {
        using Scalar held = factor;
        target.mul_(held);
    }

    /// <summary>Adds a multiple of a product in place: <c>target += factor · left · right</c>.</summary>
    public static void AddProduct(Tensor target, Tensor left, Tensor right, double factor)
    {
        using Scalar held = factor;
        target.addcmul_(left, right, held);
    }

    /// <summary>Adds a multiple of a quotient in place: <c>target += factor · left / right</c>.</summary>
    public static void AddQuotient(Tensor target, Tensor left, Tensor right, double factor)
    {
        using Scalar held = factor;
        target.addcdiv_(left, right, held);
    }

    /// <summary>Adds a number to each element in place.</summary>
    public static void Shift(Tensor target, double value)
    {
        using Scalar held = value;
        target.add_(held);
    }
}
