using System.Text.Json.Serialization;

namespace ModelService.Models.Tensors;

/// <summary>The number format a model computes in. bfloat16 takes less time than float32 only where the processor multiplies it faster: AMD from Zen 4 on, Intel with AMX.</summary>
public enum Precision
{
    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>bfloat16: float32's range in 16 bits.</summary>
    [JsonStringEnumMemberName("bfloat16")]
    BFloat16,

    /// <summary>IEEE 754 half precision.</summary>
    Float16,
}
