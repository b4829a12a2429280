using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace ModelService.Models.Weights;

/// <summary>
/// Reads safetensors by the format's rules: the header's size in eight bytes, a JSON object that begins with a brace,
/// and the bytes of the tensors, without holes, overlaps or trailing bytes.
/// </summary>
internal static class SafetensorsReader
{
    /// <summary>Key of the metadata that lists the names of random (untrained) tensors, as a JSON array.</summary>
    public const string RandomTensors = "random_tensors";

    private const string Metadata = "__metadata__";
    private const int SizeBytes = 8;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    public static WeightsContent Read(MappedBytes file, WeightsLimits limits)
    {
        var header = Header(file, limits);
        var dataStart = SizeBytes + (long)header.Length;
        try
        {
            using var json = JsonDocument.Parse(header.ToArray(), Options);
            var entries = Entries(json.RootElement, limits);
            return new WeightsContent(
                Tensors(entries, file, dataStart, limits),
                Skipped:
                [
                    .. entries
                        .Where(entry => entry.Dtype is null)
                        .Select(entry => new SkippedEntry(entry.Name, $"a tensor of dtype {entry.DtypeName}")),
                ],
                RandomTensors: Random(json.RootElement)
            );
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // JsonElement throws InvalidOperationException for an escaped surrogate without its other half.
            throw Unreadable.Because($"The header is not JSON as safetensors requires it: {error.Message}", error);
        }
    }

    private static ReadOnlySpan<byte> Header(MappedBytes file, WeightsLimits limits)
    {
        var size = BinaryPrimitives.ReadUInt64LittleEndian(file.Span(0, SizeBytes));
        if (size > (ulong)(file.Length - SizeBytes))
            throw Unreadable.Because($"The header claims to have {size} bytes, but the file has {file.Length}.");
        if (size > (ulong)limits.MaxHeaderBytes)
            throw Unreadable.Because($"The header has {size} bytes; at most {limits.MaxHeaderBytes} are allowed.");
        var header = file.Span(SizeBytes, (int)size);
        if (header.IsEmpty || header[0] != '{')
            throw Unreadable.Because("The header doesn't begin with '{', as safetensors requires.");
        if (!Utf8.IsValid(header))
            throw Unreadable.Because("The header is not UTF-8.");
        return header;
    }

    private static List<SafetensorsEntry> Entries(JsonElement root, WeightsLimits limits)
    {
        var entries = new List<SafetensorsEntry>();
        foreach (var property in root.EnumerateObject())
        {
            var name = property.Name;
            if (name == Metadata)
            {
                CheckMetadata(property.Value);
                continue;
            }

            entries.Add(SafetensorsEntry.Read(name, property.Value));
            TensorList.CheckCount(entries.Count, limits);
        }

        return entries;
    }

    private static IReadOnlyList<StoredTensor> Tensors(
        List<SafetensorsEntry> entries,
        MappedBytes file,
        long dataStart,
        WeightsLimits limits
    )
    {
        var tensors = new TensorList(limits);
        var expected = 0L;
        foreach (var entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != expected)
            {
                throw Unreadable.Because(
                    $"The tensor {Unreadable.Quote(entry.Name)} begins at byte {entry.Begin} of the data, "
                        + $"but the previous one ends at {expected}: safetensors allows neither holes nor overlaps."
                );
            }

            if (entry.End > file.Length - dataStart)
            {
                throw Unreadable.Because(
                    $"The tensor {Unreadable.Quote(entry.Name)} ends at byte {entry.End} of the data, which has "
                        + $"{file.Length - dataStart} bytes."
                );
            }

            if (entry.Dtype is { } dtype)
                tensors.Add(new StoredTensor(entry.Name, dtype, entry.Geometry, file, dataStart + entry.Begin));
            expected = entry.End;
        }

        if (expected != file.Length - dataStart)
            throw Unreadable.Because($"{file.Length - dataStart - expected} extra bytes follow the last tensor.");
        return tensors.Tensors;
    }

    private static void CheckMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind == JsonValueKind.Null)
            return;
        if (
            metadata.ValueKind != JsonValueKind.Object
            || metadata.EnumerateObject().Any(pair => pair.Value.ValueKind != JsonValueKind.String)
        )
        {
            throw Unreadable.Because("The header's __metadata__ may only hold strings.");
        }
    }

    /// <summary>
    /// The list of random tensors, or null. Other writers may use the key for other values, which are ignored.
    /// </summary>
    private static IReadOnlyList<string>? Random(JsonElement root)
    {
        if (
            !root.TryGetProperty(Metadata, out var metadata)
            || metadata.ValueKind != JsonValueKind.Object
            || !metadata.TryGetProperty(RandomTensors, out var names)
        )
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<string[]>(names.GetString()!);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
