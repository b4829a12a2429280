using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ModelService.Models.Errors;

namespace ModelService.Models.Tensors;

/// <summary>
/// Reads tensors such as <c>{"shape": [3, 32, 32], "data": [...]}</c>; the data may be flat or nested. The numbers go
/// from the text into the tensor's array, with nothing in between.
/// </summary>
public static class TensorJson
{
    private const int MaxDimensions = 8;
    private const string ShapeRule = "It must be a list of 1 to 8 positive whole numbers, without the batch dimension.";

    /// <summary>Reads one tensor, up to the first error.</summary>
    /// <param name="json">The tensor.</param>
    /// <param name="pointer">JSON Pointer to the tensor.</param>
    /// <param name="error">The error and its location; null after a success.</param>
    /// <returns>The tensor; null after an error.</returns>
    public static RawTensor? Read(JsonElement json, string pointer, out ErrorDetail? error)
    {
        var text = JsonMarshal.GetRawUtf8Value(json);
        var reader = new Utf8JsonReader(text);
        reader.Read();
        return Read(ref reader, text.Length, pointer, out error);
    }

    /// <summary>Reads one tensor, up to the first error.</summary>
    /// <param name="reader">A reader at the first token of the tensor; after a success, at its last token.</param>
    /// <param name="textLength">Bytes of the text that the reader reads: no tensor has more numbers.</param>
    /// <param name="pointer">JSON Pointer to the tensor.</param>
    /// <param name="error">The error and its location; null after a success.</param>
    /// <returns>The tensor; null after an error.</returns>
    /// <exception cref="JsonException">The text is not valid JSON.</exception>
    public static RawTensor? Read(ref Utf8JsonReader reader, int textLength, string pointer, out ErrorDetail? error)
    {
        error = new ErrorDetail(pointer, "It must be {\"shape\": [...], \"data\": [...]} and nothing else.");
        if (reader.TokenType != JsonTokenType.StartObject)
            return null;
        long[]? shape = null;
        float[]? data = null;
        Utf8JsonReader atData = default; // at the data, if they come before the shape
        var isDataFirst = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (shape is null && reader.ValueTextEquals("shape"u8))
            {
                reader.Read();
                shape = ReadShape(ref reader, pointer + "/shape", out var wrong);
                if (shape is null)
                    return Fail(wrong, out error);
            }
            else if (data is null && !isDataFirst && reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                if (shape is null)
                {
                    atData = reader;
                    isDataFirst = true;
                    reader.Skip();
                    continue;
                }

                data = ReadData(ref reader, shape, textLength, pointer + "/data", out var wrong);
                if (data is null)
                    return Fail(wrong, out error);
            }
            else
            {
                return null;
            }
        }

        if (shape is not null && isDataFirst)
        {
            data = ReadData(ref atData, shape, textLength, pointer + "/data", out var wrong);
            if (data is null)
                return Fail(wrong, out error);
        }

        if (shape is null || data is null)
            return null;
        error = null;
        return new RawTensor(shape, data);
    }

    /// <summary>Reads the numbers of a tensor whose shape is known.</summary>
    /// <param name="json">The list of numbers, flat or nested like the shape.</param>
    /// <param name="shape">Positive sizes.</param>
    /// <param name="pointer">JSON Pointer to the list.</param>
    /// <param name="error">The error and its location; null after a success.</param>
    /// <returns>The numbers, row-major; null after an error.</returns>
    public static float[]? ReadData(ReadOnlySpan<byte> json, long[] shape, string pointer, out ErrorDetail? error)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return ReadData(ref reader, shape, json.Length, pointer, out error);
    }

    private static RawTensor? Fail(ErrorDetail? wrong, out ErrorDetail? error)
    {
        error = wrong;
        return null;
    }

    private static long[]? ReadShape(ref Utf8JsonReader reader, string pointer, out ErrorDetail? error)
    {
        error = new ErrorDetail(pointer, ShapeRule);
        if (reader.TokenType != JsonTokenType.StartArray)
            return null;
        var sizes = new List<long>(MaxDimensions);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (
                reader.TokenType != JsonTokenType.Number
                || !reader.TryGetInt32(out var size)
                || size < 1
                || sizes.Count == MaxDimensions
            )
            {
                return null;
            }

            sizes.Add(size);
        }

        return sizes.Count > 0 ? [.. sizes] : null;
    }

    private static float[]? ReadData(
        ref Utf8JsonReader reader,
        long[] shape,
        int textLength,
        string pointer,
        out ErrorDetail? error
    )
    {
        var expected = shape.Aggregate(BigInteger.One, (product, size) => product * size);

        // A number takes at least a digit and a comma, so a shape can't ask for more memory than the text has.
        var numbers = new Numbers(shape, expected <= (textLength / 2) + 1 ? new float[(int)expected] : []);
        error = numbers.Read(ref reader, depth: 0) is { } wrong
            ? wrong with
            {
                Pointer = pointer + wrong.Pointer,
            }
            : null;
        if (error is not null)
            return null;
        if (numbers.Count == expected)
            return numbers.Data;
        error = new ErrorDetail(
            pointer,
            $"It has {numbers.Count} numbers, but the shape [{string.Join(", ", shape)}] needs {expected}."
        );
        return null;
    }

    // The numbers of one tensor. Nested lists must be nested like the shape, because a transposed tensor would
    // otherwise be accepted.
    private sealed class Numbers(long[] shape, float[] data)
    {
        /// <summary>The numbers, in order, as far as there is room.</summary>
        public float[] Data => data;

        /// <summary>How many were read.</summary>
        public long Count { get; private set; }

        /// <summary>Reads a list of numbers, or of lists.</summary>
        /// <returns>The error, whose pointer starts at this list; null when there is none.</returns>
        public ErrorDetail? Read(ref Utf8JsonReader reader, int depth)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
                return new ErrorDetail("", "It must be a list of numbers, flat or nested like the shape.");
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray)
                return ReadLists(ref reader, depth);
            if (depth > 0 && depth < shape.Length - 1)
                return new ErrorDetail("", $"It is nested less deeply than the shape {Shape}.");
            var length = 0L;
            for (; reader.TokenType != JsonTokenType.EndArray; reader.Read(), length++)
            {
                if (
                    reader.TokenType != JsonTokenType.Number
                    || !reader.TryGetSingle(out var number)
                    || !float.IsFinite(number)
                )
                {
                    return new ErrorDetail($"/{length}", "It must be a number that a float32 can hold.");
                }

                if (Count < data.Length)
                    data[Count] = number;
                Count++;
            }

            return depth > 0 && length != shape[depth] ? WrongLength(depth, length) : null;
        }

        private ErrorDetail? ReadLists(ref Utf8JsonReader reader, int depth)
        {
            if (depth >= shape.Length - 1)
                return new ErrorDetail("", $"It is nested more deeply than the shape {Shape}.");
            var length = 0L;
            for (; reader.TokenType != JsonTokenType.EndArray; reader.Read(), length++)
            {
                if (Read(ref reader, depth + 1) is { } wrong)
                    return wrong with { Pointer = $"/{length}{wrong.Pointer}" };
            }

            return length != shape[depth] ? WrongLength(depth, length) : null;
        }

        private ErrorDetail WrongLength(int depth, long length) =>
            new(
                "",
                $"Its nesting does not match the shape {Shape}: this list has {length} elements instead of "
                    + $"{shape[depth]}."
            );

        private string Shape => $"[{string.Join(", ", shape)}]";
    }
}
