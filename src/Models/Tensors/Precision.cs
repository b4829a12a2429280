using System.Text.Json.Serialization;

namespace ModelService.Models.Tensors;

/// <summary>
/// The number format that a model computes in. bfloat16 is faster than float32 only on processors with instructions for
/// it: AMD from Zen 4 on, Intel with AMX.
/// </summary>
public enum Precision
{
    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>bfloat16: the range of float32 in 16 bits.</summary>
    [JsonStringEnumMemberName("bfloat16")]
    BFloat16,

    /// <summary>IEEE 754 half precision.</summary>
    Float16,

    /// <summary>
    /// 8-bit integers in the layers that were calibrated for it, float32 in the others. <c>quantize</c> makes such a
    /// version of another one.
    /// </summary>
    Int8,

    /// <summary>
    /// float32, or where the plan is faster in it, bfloat16 on a processor and float16 on a GPU. The plans are timed
    /// when the version is made.
    /// </summary>
    Auto,

    /// <summary>As <see cref="Auto"/>; and on a processor, layers that bfloat16 slows down stay in float32.</summary>
    Fastest,
}
