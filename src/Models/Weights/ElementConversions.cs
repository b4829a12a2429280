using System.Numerics;

namespace ModelService.Models.Weights;

/// <summary>One element from one type to another; false if the other can't hold it. Static, so that loops over it are inlined.</summary>
internal interface IElementConversion<TFrom, TTo>
{
    static abstract bool TryConvert(TFrom value, out TTo result);
}

internal readonly struct Same<T> : IElementConversion<T, T>
{
    public static bool TryConvert(T value, out T result)
    {
        result = value;
        return true;
    }
}

/// <summary>Rounds to nearest; a number beyond float32's range would become infinite and is refused.</summary>
internal readonly struct DoubleToSingle : IElementConversion<double, float>
{
    public static bool TryConvert(double value, out float result)
    {
        result = (float)value;
        return !float.IsInfinity(result) || double.IsInfinity(value);
    }
}

internal readonly struct HalfToSingle : IElementConversion<Half, float>
{
    public static bool TryConvert(Half value, out float result)
    {
        result = (float)value;
        return true;
    }
}

internal readonly struct BFloat16ToSingle : IElementConversion<ushort, float>
{
    public static bool TryConvert(ushort value, out float result)
    {
        result = BitConverter.UInt32BitsToSingle((uint)value << 16);
        return true;
    }
}

internal readonly struct IntegerToSingle<T> : IElementConversion<T, float>
    where T : unmanaged, IBinaryInteger<T>
{
    private const long AllExact = 1 << 24;

    public static bool TryConvert(T value, out float result)
    {
        var wide = long.CreateTruncating(value);
        result = wide;
        return wide is >= -AllExact and <= AllExact || (Int128)result == wide;
    }
}

internal readonly struct BoolToSingle : IElementConversion<byte, float>
{
    public static bool TryConvert(byte value, out float result)
    {
        result = value == 0 ? 0 : 1;
        return true;
    }
}

internal readonly struct IntegerToInt64<T> : IElementConversion<T, long>
    where T : unmanaged, IBinaryInteger<T>
{
    public static bool TryConvert(T value, out long result)
    {
        result = long.CreateTruncating(value);
        return true;
    }
}

internal readonly struct FloatToInt64<T> : IElementConversion<T, long>
    where T : unmanaged, IFloatingPoint<T>
{
    /// <summary>2^63, the first number beyond.</summary>
    private const double Beyond = 9223372036854775808.0;

    public static bool TryConvert(T value, out long result)
    {
        var wide = double.CreateTruncating(value);
        var fits = double.IsInteger(wide) && wide is >= -Beyond and < Beyond;
        result = fits ? (long)wide : 0;
        return fits;
    }
}

internal readonly struct BFloat16ToInt64 : IElementConversion<ushort, long>
{
    public static bool TryConvert(ushort value, out long result) =>
        BFloat16ToSingle.TryConvert(value, out var single) & FloatToInt64<float>.TryConvert(single, out result);
}

internal readonly struct BoolToInt64 : IElementConversion<byte, long>
{
    public static bool TryConvert(byte value, out long result)
    {
        result = value == 0 ? 0 : 1;
        return true;
    }
}
