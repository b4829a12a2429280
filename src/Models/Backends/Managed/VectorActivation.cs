using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ModelService.Models.Graph;
using static System.Runtime.Intrinsics.Vector512;

namespace ModelService.Models.Backends.Managed;

/// <summary>
/// An activation in float32: a range that results are cut to while they are in registers, or else a function that is
/// applied to them while they are in the cache.
/// </summary>
internal sealed unsafe class VectorActivation
{
    private readonly ActivationKind? kind; // of a function; null: the range is all

    private VectorActivation(float least, float greatest) => Clamp = new(Create(least), Create(greatest));

    private VectorActivation(ActivationKind kind)
        : this(float.NegativeInfinity, float.PositiveInfinity) => this.kind = kind;

    /// <summary>The range.</summary>
    public Clamp Clamp { get; }

    /// <summary>Whether there is a function to apply.</summary>
    public bool IsFunction => kind is not null;

    /// <summary>Finds an activation; null when it is not computed here.</summary>
    /// <param name="function">The activation; null: none, which changes nothing.</param>
    public static VectorActivation? Find(ActivationFunction? function) =>
        function switch
        {
            null => new(float.NegativeInfinity, float.PositiveInfinity),
            { Kind: ActivationKind.Relu } => new(0, float.PositiveInfinity),
            { Kind: ActivationKind.Relu6 } => new(0, 6),
            { Kind: ActivationKind.Hardtanh, Numbers: [var least, var greatest] } => new((float)least, (float)greatest),
            {
                Kind: ActivationKind.Hardswish
                    or ActivationKind.Hardsigmoid
                    or ActivationKind.Silu
                    or ActivationKind.Sigmoid
            } => new(function.Kind),
            _ => null,
        };

    /// <summary>Applies the function to adjacent vectors, in place.</summary>
    /// <param name="numbers">The first number.</param>
    /// <param name="vectors">How many vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(float* numbers, int vectors)
    {
        unchecked
        {
            var end = numbers + (vectors * NhwcLayout.Lanes);
            switch (kind)
            {
                case ActivationKind.Hardswish:
                    for (; numbers < end; numbers += NhwcLayout.Lanes)
                    {
                        var x = Load(numbers);
                        (x * Hardsigmoid(x)).Store(numbers);
                    }

                    break;
                case ActivationKind.Hardsigmoid:
                    for (; numbers < end; numbers += NhwcLayout.Lanes)
                        Hardsigmoid(Load(numbers)).Store(numbers);
                    break;
                case ActivationKind.Silu:
                    for (; numbers < end; numbers += NhwcLayout.Lanes)
                    {
                        var x = Load(numbers);
                        (x * Sigmoid(x)).Store(numbers);
                    }

                    break;
                case ActivationKind.Sigmoid:
                    for (; numbers < end; numbers += NhwcLayout.Lanes)
                        Sigmoid(Load(numbers)).Store(numbers);
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Hardsigmoid(Vector512<float> x) =>
        MinNative(Create(6f), MaxNative(Vector512<float>.Zero, x + Create(3f))) * Create(1 / 6f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sigmoid(Vector512<float> x) =>
        Vector512<float>.One / (Vector512<float>.One + Exponential(-x));

    // exp(x) = 2^n · exp(r) with n whole and |r| <= ln(2) / 2. The polynomial is that of Cephes (Moshier 1992), off
    // by 2 units in the last place at the most. .NET's own computes in float64, at three times the cost.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exponential(Vector512<float> x)
    {
        x = MinNative(Create(88f), MaxNative(Create(-87f), x)); // beyond, sigmoid is 0 or 1
        var n = Round(x * Create(1.44269504f));
        var r = FusedMultiplyAdd(n, Create(-0.693359375f), x);
        r = FusedMultiplyAdd(n, Create(2.12194440e-4f), r);
        var sum = Create(1.9875691500e-4f);
        sum = FusedMultiplyAdd(sum, r, Create(1.3981999507e-3f));
        sum = FusedMultiplyAdd(sum, r, Create(8.3334519073e-3f));
        sum = FusedMultiplyAdd(sum, r, Create(4.1665795894e-2f));
        sum = FusedMultiplyAdd(sum, r, Create(1.6666665459e-1f));
        sum = FusedMultiplyAdd(sum, r, Create(5.0000001201e-1f));
        sum = FusedMultiplyAdd(sum, r * r, r + Vector512<float>.One);
        return (sum.AsInt32() + (ConvertToInt32(n) << 23)).AsSingle();
    }
}
