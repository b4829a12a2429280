namespace ModelService.Models.Weights;

/// <summary>The element types that are read; any other is refused by name.</summary>
public enum WeightsDtype
{
    /// <summary>IEEE 754, 32 bits: copied as it is.</summary>
    Float32,

    /// <summary>IEEE 754, 64 bits: rounded to the nearest float32.</summary>
    Float64,

    /// <summary>IEEE 754, 16 bits: exact in float32.</summary>
    Float16,

    /// <summary>The upper half of a float32: exact in it.</summary>
    BFloat16,

    /// <summary>64-bit integers, as the counters of batch norms.</summary>
    Int64,

    /// <summary>32-bit integers.</summary>
    Int32,

    /// <summary>16-bit integers.</summary>
    Int16,

    /// <summary>8-bit integers with sign.</summary>
    Int8,

    /// <summary>8-bit integers without sign.</summary>
    UInt8,

    /// <summary>A byte: 0 is false, all else true.</summary>
    Bool,
}
