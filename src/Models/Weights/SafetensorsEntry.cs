using System.Text.Json;

namespace ModelService.Models.Weights;

/// <summary>
/// One tensor of a safetensors header. <c>End - Begin</c> is the number of bytes that its shape needs.
/// </summary>
internal sealed record SafetensorsEntry(string Name, WeightsDtype Dtype, TensorGeometry Geometry, long Begin, long End)
{
    /// <summary>Reads the header's entry of a tensor and checks it.</summary>
    /// <exception cref="Errors.ServingException"><c>weights_unreadable</c>: the entry is malformed.</exception>
    public static SafetensorsEntry Read(string name, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            throw Malformed(name, "is not an object of dtype, shape and data_offsets");

        WeightsDtype? dtype = null;
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

        if (dtype is not { } known || shape is null || offsets is not [var begin, var end])
            throw Malformed(name, "must have a dtype, a shape and two data_offsets");
        var geometry = TensorGeometry.Contiguous(shape);
        if (geometry is null || (Int128)geometry.ElementCount * known.Size() != (Int128)end - begin)
        {
            throw Malformed(
                name,
                $"of dtype {known.Text()} and shape {Unreadable.Sizes(shape)} doesn't fill its bytes {begin} to {end}"
            );
        }

        return new SafetensorsEntry(name, known, geometry, begin, end);
    }

    private static WeightsDtype ReadDtype(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Malformed(name, "has a dtype that is not a string");
        return value switch
        {
            _ when value.ValueEquals("F32"u8) => WeightsDtype.Float32,
            _ when value.ValueEquals("F64"u8) => WeightsDtype.Float64,
            _ when value.ValueEquals("F16"u8) => WeightsDtype.Float16,
            _ when value.ValueEquals("BF16"u8) => WeightsDtype.BFloat16,
            _ when value.ValueEquals("I64"u8) => WeightsDtype.Int64,
            _ when value.ValueEquals("I32"u8) => WeightsDtype.Int32,
            _ when value.ValueEquals("I16"u8) => WeightsDtype.Int16,
            _ when value.ValueEquals("I8"u8) => WeightsDtype.Int8,
            _ when value.ValueEquals("U8"u8) => WeightsDtype.UInt8,
            _ when value.ValueEquals("BOOL"u8) => WeightsDtype.Bool,
            _ => throw Malformed(
                name,
                $"is of dtype {Unreadable.Quote(value.GetRawText().Trim('"'))}; supported are {WeightsDtypes.Known}"
            ),
        };
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
