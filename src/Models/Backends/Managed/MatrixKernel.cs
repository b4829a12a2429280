using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace ModelService.Models.Backends.Managed;

/// <summary>A matrix product's inner loop: six rows by one or two vectors of columns, all sums in registers.</summary>
/// <remarks>
/// The way of BLIS (Van Zee and van de Geijn 2015): for each number of a row, one vector of weights is loaded and used
/// by six rows. Two vectors of AVX-512 make 12 sums that don't depend on one another, more than the 8 that keep two
/// multipliers with four cycles each busy. AVX2 computes a vector in two halves, so that one vector makes 12 sums; two
/// would not fit into its 16 registers.
/// </remarks>
internal static unsafe class MatrixKernel
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 6;

    /// <summary>Vectors of columns that are computed together on this processor.</summary>
    public static int Panel => IsHardwareAccelerated ? 2 : 1;

    /// <summary>Computes one to six rows of <c>clamp(from · weights + bias + addend)</c>.</summary>
    /// <typeparam name="TRow">One or two vectors of columns.</typeparam>
    /// <param name="tile">The rows.</param>
    /// <param name="runs">What is read of each row: runs of adjacent numbers.</param>
    /// <param name="weights">For each number of a row in the order of the runs, its weight for each column.</param>
    /// <param name="bias">One number for each column.</param>
    /// <param name="clamp">The range of the result.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<TRow>(in Tile tile, Runs runs, float* weights, float* bias, in Clamp clamp)
        where TRow : struct, IRow<TRow>
    {
        unchecked
        {
            var r0 = TRow.Load(bias);
            var (r1, r2, r3, r4, r5) = (r0, r0, r0, r0, r0);
            if (tile.Addend != null)
            {
                r0 = TRow.Add(r0, tile.Addend);
                r1 = TRow.Add(r1, tile.Row(tile.Addend, 1));
                r2 = TRow.Add(r2, tile.Row(tile.Addend, 2));
                r3 = TRow.Add(r3, tile.Row(tile.Addend, 3));
                r4 = TRow.Add(r4, tile.Row(tile.Addend, 4));
                r5 = TRow.Add(r5, tile.Row(tile.Addend, 5));
            }

            for (var i = 0; i < runs.Count; i++)
            {
                var start = runs.Starts[i];
                float* a0 = tile.From[0] + start,
                    a1 = tile.From[1] + start,
                    a2 = tile.From[2] + start,
                    a3 = tile.From[3] + start,
                    a4 = tile.From[4] + start,
                    a5 = tile.From[5] + start;
                for (nint k = 0; k < runs.Length; k++)
                {
                    var row = TRow.Load(weights);
                    r0 = TRow.MultiplyAdd(a0[k], row, r0);
                    r1 = TRow.MultiplyAdd(a1[k], row, r1);
                    r2 = TRow.MultiplyAdd(a2[k], row, r2);
                    r3 = TRow.MultiplyAdd(a3[k], row, r3);
                    r4 = TRow.MultiplyAdd(a4[k], row, r4);
                    r5 = TRow.MultiplyAdd(a5[k], row, r5);
                    weights += TRow.Length;
                }
            }

            TRow.Store(r0, clamp, tile.To);
            TRow.Store(r1, clamp, tile.Row(tile.To, 1));
            TRow.Store(r2, clamp, tile.Row(tile.To, 2));
            TRow.Store(r3, clamp, tile.Row(tile.To, 3));
            TRow.Store(r4, clamp, tile.Row(tile.To, 4));
            TRow.Store(r5, clamp, tile.Row(tile.To, 5));
        }
    }

    /// <summary>Computes a single row, whose time is that of reading the weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TRow>(
        float* from,
        Runs runs,
        float* weights,
        float* bias,
        float* addend,
        in Clamp clamp,
        float* to
    )
        where TRow : struct, IRow<TRow>
    {
        unchecked
        {
            // Sums that don't depend on one another.
            var (a, b, c, d) = (TRow.Load(bias), default(TRow), default(TRow), default(TRow));
            if (addend != null)
                a = TRow.Add(a, addend);
            for (var i = 0; i < runs.Count; i++)
            {
                var numbers = from + runs.Starts[i];
                nint k = 0;
                for (; k <= runs.Length - 4; k += 4)
                {
                    a = TRow.MultiplyAdd(numbers[k], TRow.Load(weights), a);
                    b = TRow.MultiplyAdd(numbers[k + 1], TRow.Load(weights + TRow.Length), b);
                    c = TRow.MultiplyAdd(numbers[k + 2], TRow.Load(weights + (2 * TRow.Length)), c);
                    d = TRow.MultiplyAdd(numbers[k + 3], TRow.Load(weights + (3 * TRow.Length)), d);
                    weights += 4 * TRow.Length;
                }

                for (; k < runs.Length; k++)
                {
                    a = TRow.MultiplyAdd(numbers[k], TRow.Load(weights), a);
                    weights += TRow.Length;
                }
            }

            TRow.Store(TRow.Add(TRow.Add(a, b), TRow.Add(c, d)), clamp, to);
        }
    }
}

/// <summary>Some rows of a matrix product.</summary>
/// <param name="from">The six rows that are read; beyond the last one, that one again.</param>
/// <param name="addend">What is added to the first row of the result; null: nothing.</param>
/// <param name="to">The first row of the result.</param>
/// <param name="stride">Numbers from one row of the result to the next.</param>
/// <param name="count">The number of rows.</param>
internal readonly unsafe ref struct Tile(float** from, float* addend, float* to, nint stride, int count)
{
    public readonly float** From = from;
    public readonly float* Addend = addend;
    public readonly float* To = to;
    private readonly nint stride = stride;
    private readonly int last = count - 1;

    /// <summary>A row of the result or of the addend; beyond the last one, that one, which is computed again.</summary>
    public float* Row(float* first, int row) => first + (Math.Min(row, last) * stride);
}

/// <summary>The numbers that a convolution reads for one output, as runs of adjacent numbers.</summary>
/// <param name="starts">Offset of each run from the window's first number.</param>
/// <param name="count">Number of runs.</param>
/// <param name="length">Length of each run.</param>
internal readonly unsafe struct Runs(int* starts, int count, int length)
{
    public readonly int* Starts = starts;
    public readonly int Count = count;
    public readonly nint Length = length;
}

/// <summary>A range that numbers are cut to. NaN stays NaN, as in PyTorch.</summary>
/// <param name="Least">The lower limit in each lane.</param>
/// <param name="Greatest">The upper limit in each lane.</param>
internal readonly record struct Clamp(Vector512<float> Least, Vector512<float> Greatest)
{
    /// <summary>Cuts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Apply(Vector512<float> x) => MinNative(Greatest, MaxNative(Least, x));
}

/// <summary>A row of a tile, as vectors that stay in registers.</summary>
internal unsafe interface IRow<TSelf>
    where TSelf : struct
{
    /// <summary>How many numbers.</summary>
    static abstract nint Length { get; }

    static abstract TSelf Load(float* from);

    static abstract TSelf Add(TSelf row, TSelf other);

    static abstract TSelf Add(TSelf row, float* other);

    /// <summary><c>factor · row + sum</c>.</summary>
    static abstract TSelf MultiplyAdd(float factor, TSelf row, TSelf sum);

    static abstract void Store(TSelf row, in Clamp clamp, float* to);
}

/// <summary>One vector.</summary>
internal readonly unsafe struct OneVector(Vector512<float> a) : IRow<OneVector>
{
    private readonly Vector512<float> a = a;

    public static nint Length => NhwcLayout.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static OneVector Load(float* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static OneVector Add(OneVector row, OneVector other) => new(row.a + other.a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static OneVector Add(OneVector row, float* other) => new(row.a + Vector512.Load(other));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static OneVector MultiplyAdd(float factor, OneVector row, OneVector sum) =>
        new(FusedMultiplyAdd(Create(factor), row.a, sum.a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(OneVector row, in Clamp clamp, float* to) => clamp.Apply(row.a).Store(to);
}

/// <summary>Two vectors.</summary>
internal readonly unsafe struct TwoVectors(Vector512<float> a, Vector512<float> b) : IRow<TwoVectors>
{
    private readonly Vector512<float> a = a;
    private readonly Vector512<float> b = b;

    public static nint Length => 2 * NhwcLayout.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TwoVectors Load(float* from) => new(Vector512.Load(from), Vector512.Load(from + NhwcLayout.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TwoVectors Add(TwoVectors row, TwoVectors other) => new(row.a + other.a, row.b + other.b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TwoVectors Add(TwoVectors row, float* other) => Add(row, Load(other));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TwoVectors MultiplyAdd(float factor, TwoVectors row, TwoVectors sum)
    {
        var factors = Create(factor);
        return new(FusedMultiplyAdd(factors, row.a, sum.a), FusedMultiplyAdd(factors, row.b, sum.b));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(TwoVectors row, in Clamp clamp, float* to)
    {
        clamp.Apply(row.a).Store(to);
        clamp.Apply(row.b).Store(to + NhwcLayout.Lanes);
    }
}
