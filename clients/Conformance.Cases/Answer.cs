using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ModelService.Conformance;

/// <summary>What a server answered over REST.</summary>
/// <param name="Status">The status.</param>
/// <param name="Bytes">The body.</param>
/// <param name="JsonLength">The length of the JSON before binary data; null: there is none.</param>
internal sealed record Answer(int Status, byte[] Bytes, int? JsonLength)
{
    private const int MostShown = 100;

    /// <summary>The JSON.</summary>
    public JsonElement Json
    {
        get
        {
            try
            {
                return JsonElement.Parse(Bytes.AsSpan(0, JsonLength ?? Bytes.Length));
            }
            catch (JsonException)
            {
                throw new UnmetException($"{this}, which is not JSON");
            }
        }
    }

    /// <summary>Reads an answer.</summary>
    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var length =
            response.Headers.TryGetValues(Bodies.LengthHeader, out var values)
            || response.Content.Headers.TryGetValues(Bodies.LengthHeader, out values)
                ? int.Parse(values.First(), CultureInfo.InvariantCulture)
                : (int?)null;
        return new Answer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(), length);
    }

    /// <summary>Fails unless the status is one of these.</summary>
    public Answer Expect(params int[] statuses)
    {
        UnmetException.Unless(statuses.Contains(Status), ToString());
        return this;
    }

    /// <summary>Fails unless it is an error of the protocol: a text and nothing else.</summary>
    public Answer ExpectError(params int[] statuses)
    {
        Expect(statuses);
        UnmetException.Unless(
            Json.ValueKind == JsonValueKind.Object
                && Json.EnumerateObject().Select(property => property.Name).SequenceEqual(["error"])
                && Json.GetProperty("error").ValueKind == JsonValueKind.String,
            $"{this}, which is no {{\"error\": text}}"
        );
        return this;
    }

    /// <summary>The numbers of an output, whatever its encoding.</summary>
    public float[] Numbers(string output)
    {
        var offset = JsonLength ?? 0;
        foreach (var tensor in Json.GetProperty("outputs").EnumerateArray())
        {
            var size =
                tensor.TryGetProperty("parameters", out var parameters)
                && parameters.TryGetProperty("binary_data_size", out var bytes)
                    ? bytes.GetInt32()
                    : 0;
            if (tensor.GetProperty("name").GetString() == output)
            {
                return size > 0
                    ? MemoryMarshal.Cast<byte, float>(Bytes.AsSpan(offset, size)).ToArray()
                    : [.. Flatten(tensor.GetProperty("data"))];
            }

            offset += size;
        }

        throw new UnmetException($"no output '{output}'");
    }

    public override string ToString()
    {
        var text = Encoding.UTF8.GetString(Bytes.AsSpan(0, Math.Min(JsonLength ?? Bytes.Length, MostShown)));
        return $"{Status} {text.ReplaceLineEndings(" ")}".Trim();
    }

    private static IEnumerable<float> Flatten(JsonElement data) =>
        data.ValueKind == JsonValueKind.Array ? data.EnumerateArray().SelectMany(Flatten) : [data.GetSingle()];
}
