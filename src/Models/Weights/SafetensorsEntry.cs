using System.Collections.Frozen;
using System.Text.Json;

namespace ModelService.Models.Weights;

/// <summary>
/// One tensor of a safetensors header. <c>End - Begin</c> is the number of bytes that its shape needs.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="DtypeName">Its element type as the format names it.</param>
/// <param name="Dtype">Its element type; null for a type of the format that is not read.</param>
/// <param name="Geometry">Its sizes.</param>
/// <param name="Begin">Offset of its first byte in the data.</param>
/// <param name="End">Offset of the first byte after it.</param>
internal sealed record SafetensorsEntry(
    string Name,
    string DtypeName,
    WeightsDtype? Dtype,
    TensorGeometry Geometry,
    long Begin,
    long End
)
{
    private static readonly FrozenDictionary<string, (WeightsDtype? Dtype, int Bits)> Dtypes = new Dictionary<
        string,
        (WeightsDtype? Dtype, int Bits)
    >
    {
        ["F32"] = (WeightsDtype.Float32, 32),
        ["F64"] = (WeightsDtype.Float64, 64),
        ["F16"] = (WeightsDtype.Float16, 16),
        ["BF16"] = (WeightsDtype.BFloat16, 16),
        ["I64"] = (WeightsDtype.Int64, 64),
        ["I32"] = (WeightsDtype.Int32, 32),
        ["I16"] = (WeightsDtype.Int16, 16),
        ["I8"] = (WeightsDtype.Int8, 8),
        ["U8"] = (WeightsDtype.UInt8, 8),
        ["BOOL"] = (WeightsDtype.Bool, 8),

        // Types of the format that are not read. A file may have such tensors beside those that the network needs.
        ["U16"] = (null, 16),
        ["U32"] = (null, 32),
        ["U64"] = (null, 64),
        ["C64"] = (null, 64),
        ["F8_E4M3"] = (null, 8),
        ["F8_E4M3FNUZ"] = (null, 8),
        ["F8_E5M2"] = (null, 8),
        ["F8_E5M2FNUZ"] = (null, 8),
        ["F8_E8M0"] = (null, 8),
        ["F6_E2M3"] = (null, 6),
        ["F6_E3M2"] = (null, 6),
        ["F4"] = (null, 4),
    }.ToFrozenDictionary();

    /// <summary>Reads the header's entry of a tensor and checks it.</summary>
    /// <exception cref="Errors.ServingException"><c>weights_unreadable</c>: the entry is malformed.</exception>
    public static SafetensorsEntry Read(string name, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            throw Malformed(name, "is not an object of dtype, shape and data_offsets");

        string? dtype = null;
        long[]? shape = null;
        long[]? offsets = null;
        foreach (var field in entry.EnumerateObject())
        {
            if (field.NameEquals("dtype"u8))
                dtype = ReadDtype(name, field.Value);
            else if (field.NameEquals("shape"u8))
                shape = Numbers(name, "shape", field.Value, TensorGeometry.MaxRank);
            else if (field.NameEquals("data_offsets"u8))
                offsets = Numbers(name, "data_offsets", field.Value, 2);
            else
                throw Malformed(name, "has a field that the format doesn't know");
        }

        if (dtype is null || shape is null || offsets is not [var begin, var end])
            throw Malformed(name, "must have a dtype, a shape and two data_offsets");
        var geometry = TensorGeometry.Contiguous(shape);
        if (geometry is null || (Int128)geometry.ElementCount * Dtypes[dtype].Bits != ((Int128)end - begin) * 8)
        {
            throw Malformed(
                name,
                $"of dtype {dtype} and shape {Unreadable.Sizes(shape)} doesn't fill its bytes {begin} to {end}"
            );
        }

        return new SafetensorsEntry(name, dtype, Dtypes[dtype].Dtype, geometry, begin, end);
    }

    private static string ReadDtype(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Malformed(name, "has a dtype that is not a string");
        var dtype = value.GetString()!;
        return Dtypes.ContainsKey(dtype)
            ? dtype
            : throw Malformed(name, $"is of dtype {Unreadable.Quote(dtype)}; supported are {WeightsDtypes.Known}");
    }

    private static long[] Numbers(string name, string field, JsonElement value, int max)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > max)
            throw Malformed(name, $"has a {field} that is not a list of at most {max} numbers");
        var numbers = new List<long>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var number) || number < 0)
                throw Malformed(name, $"has a {field} that holds a value other than whole numbers from 0 to 2^63 - 1");
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static Errors.ServingException Malformed(string name, string problem) =>
        Unreadable.Because($"The tensor {Unreadable.Quote(name)} {problem}.");
}
