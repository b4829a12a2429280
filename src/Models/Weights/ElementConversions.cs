using System.Numerics;

namespace ModelService.Models.Weights;

/// <summary>
/// Converts one element from one type to another. The method is static abstract so that the JIT inlines it into loops.
/// </summary>
internal interface IElementConversion<TFrom, TTo>
{
    /// <returns>False if the target type can't hold the value.</returns>
    static abstract bool TryConvert(TFrom value, out TTo result);
}

/// <summary>Copies the element unchanged.</summary>
internal readonly struct Same<T> : IElementConversion<T, T>
{
    public static bool TryConvert(T value, out T result)
    {
        result = value;
        return true;
    }
}

/// <summary>Rounds to the nearest float32. A finite number beyond float32's range is refused.</summary>
internal readonly struct DoubleToSingle : IElementConversion<double, float>
{
    public static bool TryConvert(double value, out float result)
    {
        result = (float)value;
        return !float.IsInfinity(result) || double.IsInfinity(value);
    }
}

/// <summary>Converts float16, exactly.</summary>
internal readonly struct HalfToSingle : IElementConversion<Half, float>
{
    public static bool TryConvert(Half value, out float result)
    {
        result = (float)value;
        return true;
    }
}

/// <summary>Converts bfloat16, exactly: its 16 bits are the upper half of a float32.</summary>
internal readonly struct BFloat16ToSingle : IElementConversion<ushort, float>
{
    public static bool TryConvert(ushort value, out float result)
    {
        result = BitConverter.UInt32BitsToSingle((uint)value << 16);
        return true;
    }
}

/// <summary>Converts an integer that float32 represents exactly; refuses any other.</summary>
internal readonly struct IntegerToSingle<T> : IElementConversion<T, float>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>2^24: float32 represents every integer up to this size exactly.</summary>
    private const long AlwaysExact = 1 << 24;

    public static bool TryConvert(T value, out float result)
    {
        var wide = long.CreateTruncating(value);
        result = wide;
        return wide is >= -AlwaysExact and <= AlwaysExact || (Int128)result == wide;
    }
}

/// <summary>Converts false (a zero byte) to 0 and true (any other byte) to 1.</summary>
internal readonly struct BoolToSingle : IElementConversion<byte, float>
{
    public static bool TryConvert(byte value, out float result)
    {
        result = value == 0 ? 0 : 1;
        return true;
    }
}

/// <summary>Converts an integer of at most 64 bits, exactly.</summary>
internal readonly struct IntegerToInt64<T> : IElementConversion<T, long>
    where T : unmanaged, IBinaryInteger<T>
{
    public static bool TryConvert(T value, out long result)
    {
        result = long.CreateTruncating(value);
        return true;
    }
}

/// <summary>Converts a whole number that fits 64 bits; refuses any other.</summary>
internal readonly struct FloatToInt64<T> : IElementConversion<T, long>
    where T : unmanaged, IFloatingPoint<T>
{
    /// <summary>2^63, the smallest positive number that doesn't fit int64.</summary>
    private const double TwoTo63 = 9223372036854775808.0;

    public static bool TryConvert(T value, out long result)
    {
        var wide = double.CreateTruncating(value);
        var fits = double.IsInteger(wide) && wide is >= -TwoTo63 and < TwoTo63;
        result = fits ? (long)wide : 0;
        return fits;
    }
}

/// <summary>Converts a whole number that fits 64 bits; refuses any other.</summary>
internal readonly struct BFloat16ToInt64 : IElementConversion<ushort, long>
{
    public static bool TryConvert(ushort value, out long result) =>
        BFloat16ToSingle.TryConvert(value, out var single) & FloatToInt64<float>.TryConvert(single, out result);
}

/// <summary>Converts false (a zero byte) to 0 and true (any other byte) to 1.</summary>
internal readonly struct BoolToInt64 : IElementConversion<byte, long>
{
    public static bool TryConvert(byte value, out long result)
    {
        result = value == 0 ? 0 : 1;
        return true;
    }
}
