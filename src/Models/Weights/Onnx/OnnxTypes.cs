namespace ModelService.Models.Weights.Onnx;

/// <summary>ONNX's element types (<c>TensorProto.DataType</c>), and the fields that hold their elements.</summary>
internal static class OnnxTypes
{
    private static readonly string[] Names =
    [
        "undefined",
        "float",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "int64",
        "string",
        "bool",
        "float16",
        "double",
        "uint32",
        "uint64",
        "complex64",
        "complex128",
        "bfloat16",
    ];

    /// <summary>The type with a number; null if it is not read.</summary>
    public static WeightsDtype? Find(int number) =>
        number switch
        {
            1 => WeightsDtype.Float32,
            2 => WeightsDtype.UInt8,
            3 => WeightsDtype.Int8,
            5 => WeightsDtype.Int16,
            6 => WeightsDtype.Int32,
            7 => WeightsDtype.Int64,
            9 => WeightsDtype.Bool,
            10 => WeightsDtype.Float16,
            11 => WeightsDtype.Float64,
            16 => WeightsDtype.BFloat16,
            _ => null,
        };

    /// <summary>ONNX's name of a type.</summary>
    public static string Name(int number) => number < Names.Length ? Names[number] : $"{number}";

    /// <summary>The field of a tensor that holds its elements, unless they are raw bytes.</summary>
    public static int Field(WeightsDtype dtype) =>
        dtype switch
        {
            WeightsDtype.Float32 => 4,
            WeightsDtype.Float64 => 10,
            WeightsDtype.Int64 => 7,
            _ => 5,
        };

    /// <summary>How a single element is written in that field.</summary>
    public static WireType Single(WeightsDtype dtype) =>
        dtype switch
        {
            WeightsDtype.Float32 => WireType.Fixed32,
            WeightsDtype.Float64 => WireType.Fixed64,
            _ => WireType.Varint,
        };

    /// <summary>Whether that field has the elements as they are in memory.</summary>
    public static bool IsPlain(WeightsDtype dtype) => dtype is WeightsDtype.Float32 or WeightsDtype.Float64;
}
