namespace ModelService.Models.Weights;

/// <summary>Sizes and names of the element types.</summary>
internal static class WeightsDtypes
{
    /// <summary>The names of all types, for messages.</summary>
    public const string Known = "float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8 and bool";

    /// <summary>Bytes of one element.</summary>
    public static int Size(this WeightsDtype dtype) =>
        dtype switch
        {
            WeightsDtype.Float64 or WeightsDtype.Int64 => 8,
            WeightsDtype.Float32 or WeightsDtype.Int32 => 4,
            WeightsDtype.Float16 or WeightsDtype.BFloat16 or WeightsDtype.Int16 => 2,
            _ => 1,
        };

    /// <summary>PyTorch's name of the type.</summary>
    public static string Text(this WeightsDtype dtype) =>
        dtype switch
        {
            WeightsDtype.Float32 => "float32",
            WeightsDtype.Float64 => "float64",
            WeightsDtype.Float16 => "float16",
            WeightsDtype.BFloat16 => "bfloat16",
            WeightsDtype.Int64 => "int64",
            WeightsDtype.Int32 => "int32",
            WeightsDtype.Int16 => "int16",
            WeightsDtype.Int8 => "int8",
            WeightsDtype.UInt8 => "uint8",
            _ => "bool",
        };
}
