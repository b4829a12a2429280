using System.Numerics;
using System.Text.Json;
using ModelService.Models.Errors;

namespace ModelService.Models.Tensors;

/// <summary>Reads <c>{"shape": [3, 32, 32], "data": [...]}</c>, the data flat or nested.</summary>
public static class TensorJson
{
    /// <summary>Reads one tensor of a body.</summary>
    /// <param name="json">The tensor.</param>
    /// <param name="pointer">Where it stands.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>, with the place of what is wrong.</exception>
    public static RawTensor Read(JsonElement json, string pointer)
    {
        if (
            json.ValueKind != JsonValueKind.Object
            || json.GetPropertyCount() != 2
            || !json.TryGetProperty("shape", out var shapeJson)
            || !json.TryGetProperty("data", out var dataJson)
        )
        {
            throw ServingException.MalformedAt(
                pointer,
                "It must be {\"shape\": [...], \"data\": [...]} and nothing else."
            );
        }

        var shape = ReadShape(shapeJson, pointer + "/shape");
        var data = new List<float>(dataJson.ValueKind == JsonValueKind.Array ? dataJson.GetArrayLength() : 0);
        ReadData(dataJson, data, depth: 0, shape, pointer + "/data");
        var count = shape.Aggregate(BigInteger.One, (product, size) => product * size);
        return count == data.Count
            ? new RawTensor(shape, [.. data])
            : throw ServingException.MalformedAt(
                pointer + "/data",
                $"It has {data.Count} numbers, but the shape [{string.Join(", ", shape)}] needs {count}."
            );
    }

    private static List<long> ReadShape(JsonElement json, string pointer)
    {
        var sizes =
            json.ValueKind == JsonValueKind.Array
                ? json.EnumerateArray()
                    .Select(item =>
                        item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var size) && size > 0
                            ? size
                            : -1L
                    )
                    .ToList()
                : [];
        return sizes.Count is > 0 and <= 8 && !sizes.Contains(-1)
            ? sizes
            : throw ServingException.MalformedAt(
                pointer,
                "It must be a list of 1 to 8 whole numbers from 1, the batch dimension left out."
            );
    }

    // Nested data must be nested as the shape says, or else a transposed tensor would pass unseen.
    private static void ReadData(JsonElement json, List<float> data, int depth, List<long> shape, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            throw ServingException.MalformedAt(
                pointer,
                "It must be a list of numbers, flat or nested as the shape says."
            );
        }

        var isNested = json.GetArrayLength() > 0 && json[0].ValueKind == JsonValueKind.Array;
        if ((isNested || depth > 0) && (depth >= shape.Count || json.GetArrayLength() != shape[depth]))
        {
            throw ServingException.MalformedAt(
                pointer,
                $"It is nested otherwise than the shape [{string.Join(", ", shape)}] says: {json.GetArrayLength()} elements stand here."
            );
        }

        if (depth > 0 && isNested != depth < shape.Count - 1)
        {
            throw ServingException.MalformedAt(
                pointer,
                $"It is nested {(isNested ? "deeper" : "less deep")} than the shape [{string.Join(", ", shape)}] says."
            );
        }

        var index = 0;
        foreach (var item in json.EnumerateArray())
        {
            if (isNested)
            {
                ReadData(item, data, depth + 1, shape, $"{pointer}/{index}");
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
                throw ServingException.MalformedAt(
                    $"{pointer}/{index}",
                    "It must be a number that a float32 can hold."
                );
            }

            index++;
        }
    }
}
