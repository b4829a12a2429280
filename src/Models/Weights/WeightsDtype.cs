namespace ModelService.Models.Weights;

/// <summary>The element types that can be read. The error for any other type names it.</summary>
public enum WeightsDtype
{
    /// <summary>IEEE 754, 32 bits: copied unchanged.</summary>
    Float32,

    /// <summary>IEEE 754, 64 bits: rounded to the nearest float32.</summary>
    Float64,

    /// <summary>IEEE 754, 16 bits: exact in float32.</summary>
    Float16,

    /// <summary>The upper half of a float32: exact in float32.</summary>
    BFloat16,

    /// <summary>64-bit integers, such as the counters of batch norms.</summary>
    Int64,

    /// <summary>32-bit integers.</summary>
    Int32,

    /// <summary>16-bit integers.</summary>
    Int16,

    /// <summary>Signed 8-bit integers.</summary>
    Int8,

    /// <summary>Unsigned 8-bit integers.</summary>
    UInt8,

    /// <summary>A byte: 0 is false, any other value true.</summary>
    Bool,
}
