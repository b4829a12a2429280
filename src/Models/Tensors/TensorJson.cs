using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json;
using ModelService.Models.Errors;

namespace ModelService.Models.Tensors;

/// <summary>
/// Reads tensors such as <c>{"shape": [3, 32, 32], "data": [...]}</c>; the data may be flat or nested.
/// </summary>
public static class TensorJson
{
    private const string ShapeRule = "It must be a list of 1 to 8 positive whole numbers, without the batch dimension.";

    /// <summary>Reads one tensor of a body.</summary>
    /// <param name="json">The tensor.</param>
    /// <param name="pointer">JSON Pointer to the tensor.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>, with the location.</exception>
    public static RawTensor Read(JsonElement json, string pointer) =>
        TryRead(json, pointer, out var tensor, out var error)
            ? tensor
            : throw ServingException.MalformedAt(error.Pointer, error.Detail);

    /// <summary>Reads one tensor, up to the first error.</summary>
    /// <param name="json">The tensor.</param>
    /// <param name="pointer">JSON Pointer to the tensor.</param>
    /// <param name="tensor">The tensor; null after an error.</param>
    /// <param name="error">The error and its location; null after a success.</param>
    /// <returns>Whether the tensor was read.</returns>
    public static bool TryRead(
        JsonElement json,
        string pointer,
        [NotNullWhen(true)] out RawTensor? tensor,
        [NotNullWhen(false)] out ErrorDetail? error
    )
    {
        tensor = null;
        if (
            json.ValueKind != JsonValueKind.Object
            || json.GetPropertyCount() != 2
            || !json.TryGetProperty("shape", out var shapeJson)
            || !json.TryGetProperty("data", out var dataJson)
        )
        {
            error = new ErrorDetail(pointer, "It must be {\"shape\": [...], \"data\": [...]} and nothing else.");
            return false;
        }

        var shape = new List<long>();
        var data = new List<float>(dataJson.ValueKind == JsonValueKind.Array ? dataJson.GetArrayLength() : 0);
        error =
            ReadShape(shapeJson, shape, pointer + "/shape")
            ?? ReadData(dataJson, data, depth: 0, shape, pointer + "/data")
            ?? CheckCount(shape, data, pointer + "/data");
        if (error is not null)
            return false;
        tensor = new RawTensor(shape, [.. data]);
        return true;
    }

    private static ErrorDetail? ReadShape(JsonElement json, List<long> shape, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is 0 or > 8)
            return new ErrorDetail(pointer, ShapeRule);
        foreach (var item in json.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out var size) || size < 1)
                return new ErrorDetail(pointer, ShapeRule);
            shape.Add(size);
        }

        return null;
    }

    // Nested data must be nested like the shape, because a transposed tensor would otherwise be accepted.
    private static ErrorDetail? ReadData(
        JsonElement json,
        List<float> data,
        int depth,
        List<long> shape,
        string pointer
    )
    {
        if (json.ValueKind != JsonValueKind.Array)
            return new ErrorDetail(pointer, "It must be a list of numbers, flat or nested like the shape.");

        var isNested = json.GetArrayLength() > 0 && json[0].ValueKind == JsonValueKind.Array;
        if ((isNested || depth > 0) && (depth >= shape.Count || json.GetArrayLength() != shape[depth]))
        {
            return new ErrorDetail(
                pointer,
                $"Its nesting does not match the shape [{string.Join(", ", shape)}]: "
                    + $"this list has {json.GetArrayLength()} elements."
            );
        }

        if (depth > 0 && isNested != depth < shape.Count - 1)
        {
            return new ErrorDetail(
                pointer,
                $"It is nested {(isNested ? "more" : "less")} deeply than the shape [{string.Join(", ", shape)}]."
            );
        }

        var index = 0;
        foreach (var item in json.EnumerateArray())
        {
            if (isNested)
            {
                if (ReadData(item, data, depth + 1, shape, $"{pointer}/{index}") is { } error)
                    return error;
            }
            else if (
                item.ValueKind == JsonValueKind.Number
                && item.TryGetSingle(out var value)
                && float.IsFinite(value)
            )
            {
                data.Add(value);
            }
            else
            {
                return new ErrorDetail($"{pointer}/{index}", "It must be a number that a float32 can hold.");
            }

            index++;
        }

        return null;
    }

    private static ErrorDetail? CheckCount(List<long> shape, List<float> data, string pointer)
    {
        var count = shape.Aggregate(BigInteger.One, (product, size) => product * size);
        return count == data.Count
            ? null
            : new ErrorDetail(
                pointer,
                $"It has {data.Count} numbers, but the shape [{string.Join(", ", shape)}] needs {count}."
            );
    }
}
