using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Errors;
using ModelService.Models.Language.Layers;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// Reads JSON into records and refuses all that is not exactly right: unknown and repeated properties, wrong types, numbers out of range.
/// It goes on after an error, so that a client learns of all at once.
/// </summary>
/// <param name="errors">Receives the errors; when it takes no more, reading ends.</param>
/// <param name="maxLayers">How many layers the analysis will take: of a list, it is shown one more than that, and says so.</param>
internal sealed partial class StrictReader(DefinitionErrors errors, int maxLayers = int.MaxValue)
{
    /// <summary>Reads an object into a record.</summary>
    /// <param name="json">The object.</param>
    /// <param name="pointer">Where it stands.</param>
    /// <returns>The record, as far as it could be read; null when something that it needs is missing or wrong.</returns>
    public T? Read<T>(JsonElement json, string pointer)
        where T : class => (T?)ReadRecord(typeof(T), json, pointer, out _);

    /// <summary>Reports an error.</summary>
    public void Fail(string pointer, string detail) => errors.Add(new ErrorDetail(pointer, detail));

    // 'complete' says whether each of the record's own properties was right; what is wrong inside a nested layer doesn't count.
    private object? ReadRecord(
        Type type,
        JsonElement json,
        string pointer,
        out bool complete,
        string? discriminator = null
    )
    {
        complete = false;
        if (json.ValueKind != JsonValueKind.Object)
        {
            Fail(pointer, $"{Describe(json)} stands where an object is needed.");
            return null;
        }

        var members = RecordMembers.From(type);
        var record = Activator.CreateInstance(type)!;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var right = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            if (errors.IsFull)
                return null;
            var place = JsonPointer.Append(pointer, property.Name);
            if (!seen.Add(property.Name))
            {
                Fail(place, $"'{Suggestions.Shorten(property.Name)}' is given twice.");
            }
            else if (property.Name == discriminator)
            {
                right.Add(property.Name);
            }
            else if (
                property.Value.ValueKind == JsonValueKind.String
                && property.Name == "$schema"
                && type == typeof(ArchitectureDefinition)
            )
            {
                right.Add(property.Name); // written by editors, for themselves
            }
            else if (!members.ByName.TryGetValue(property.Name, out var member))
            {
                Fail(place, UnknownProperty(property.Name, members));
            }
            else if (property.Value.ValueKind == JsonValueKind.Null && !member.Required)
            {
                right.Add(property.Name); // null is as good as not given
            }
            else if (ReadMember(member, property.Value, place) is { } value)
            {
                member.Set(record, value);
                right.Add(property.Name);
            }
        }

        foreach (var member in members.Members.Where(member => member.Required && !seen.Contains(member.Name)))
            Fail(JsonPointer.Append(pointer, member.Name), $"'{member.Name}' is missing. {member.Meaning}");

        var whole = members.Members.All(member => !member.Required || right.Contains(member.Name));
        complete = whole && right.Count == json.GetPropertyCount();
        return whole ? record : null;
    }

    private static string UnknownProperty(string name, RecordMembers members)
    {
        var nearest = Suggestions.Nearest(name, members.ByName.Keys);
        return $"'{Suggestions.Shorten(name)}' is unknown here"
            + (nearest is null ? ". " : $"; did you mean '{nearest}'? ")
            + $"What is known: {string.Join(", ", members.ByName.Keys)}.";
    }

    private object? ReadMember(RecordMember member, JsonElement json, string pointer)
    {
        if (member.TakesTypeName && json.ValueKind == JsonValueKind.String)
            return ReadLayerName(json, pointer);
        return ReadValue(member, member.Type, json, pointer);
    }

    private object? ReadValue(RecordMember member, Type type, JsonElement json, string pointer)
    {
        if (type == typeof(string))
            return ReadText(member, json, pointer);
        if (type == typeof(bool))
            return ReadBoolean(json, pointer);
        if (type == typeof(int))
            return (int?)ReadInteger(member, int.MinValue, int.MaxValue, json, pointer);
        if (type == typeof(long))
            return ReadInteger(member, long.MinValue, long.MaxValue, json, pointer);
        if (type == typeof(double))
            return ReadNumber(member, json, pointer);
        if (type.IsEnum)
            return ReadEnum(type, json, pointer);
        if (type == typeof(Sizes))
            return ReadSizes(member, json, pointer);
        if (type == typeof(Padding))
            return ReadPadding(member, json, pointer);
        if (type == typeof(LayerDefinition))
            return ReadLayer(json, pointer);
        if (type == typeof(PreprocessingChoice))
            return ReadPreprocessing(json, pointer);
        if (type == typeof(byte[]))
            return ReadBytes(member, json, pointer);
        if (type == typeof(RawTensor))
            return ReadTensor(json, pointer);
        if (type == typeof(ClassReference))
            return ReadClass(member, json, pointer);
        return type.IsGenericType ? ReadList(member, type, json, pointer) : ReadRecord(type, json, pointer, out _);
    }

    private object? ReadList(RecordMember member, Type type, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            Fail(pointer, $"{Describe(json)} stands where a list is needed.");
            return null;
        }

        var length = json.GetArrayLength();
        if (length < member.MinLength || length > member.MaxLength)
        {
            Fail(
                pointer,
                $"{length} elements stand here; {member.MinLength} {(member.MaxLength == int.MaxValue ? "or more" : $"to {member.MaxLength}")} are needed. {member.Meaning}"
            );
            return null;
        }

        var element = type.GetGenericArguments()[0];
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
        var index = 0;
        foreach (var item in json.EnumerateArray())
        {
            if (errors.IsFull)
                return null;
            if (element == typeof(LayerDefinition) && index > maxLayers)
                break;
            if (ReadValue(member, element, item, JsonPointer.Append(pointer, index++)) is { } value)
                list.Add(value);
        }

        return list.Count == index ? list : null;
    }

    private LayerDefinition ReadLayer(JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            Fail(pointer, $"{Describe(json)} stands where a layer is needed, such as {{\"type\": \"relu\"}}.");
            return new UnreadableLayer { Pointer = pointer };
        }

        if (!json.TryGetProperty("type", out var type))
        {
            Fail(JsonPointer.Append(pointer, "type"), "'type' is missing: which layer is it?");
            return new UnreadableLayer { Pointer = pointer };
        }

        var kind = FindKind(type, JsonPointer.Append(pointer, "type"));
        if (
            kind is null
            || ReadRecord(kind.Type, json, pointer, out var complete, "type") is not LayerDefinition layer
            || !complete
        )
        {
            return new UnreadableLayer { Pointer = pointer };
        }

        return layer with
        {
            Pointer = pointer,
        };
    }

    private LayerDefinition ReadLayerName(JsonElement json, string pointer)
    {
        var kind = FindKind(json, pointer);
        var missing = kind?.Members.Members.FirstOrDefault(member => member.Required);
        if (missing is not null)
            Fail(pointer, $"'{kind!.Name}' needs '{missing.Name}': give it as an object.");
        var layer =
            kind is null || missing is not null
                ? new UnreadableLayer()
                : (LayerDefinition)Activator.CreateInstance(kind.Type)!;
        return layer with { Pointer = pointer };
    }

    private LayerKind? FindKind(JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.String)
        {
            Fail(pointer, $"{Describe(json)} stands where a layer's type is needed, such as \"relu\".");
            return null;
        }

        var name = json.GetString()!;
        if (LayerCatalogue.ByName.TryGetValue(name, out var kind))
            return kind;
        var nearest = Suggestions.Nearest(name, LayerCatalogue.ByName.Keys);
        Fail(
            pointer,
            $"'{Suggestions.Shorten(name)}' is no layer type"
                + (nearest is null ? "." : $"; did you mean '{nearest}'?")
                + " GET /v1/layers lists them all."
        );
        return null;
    }

    private PreprocessingChoice? ReadPreprocessing(JsonElement json, string pointer)
    {
        if (
            json.ValueKind == JsonValueKind.String
            && WireNames.Of(typeof(PreprocessingPreset)).TryGetValue(json.GetString()!, out var preset)
        )
        {
            return new PreprocessingChoice((PreprocessingPreset)preset, null);
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            Fail(
                pointer,
                $"{Describe(json)} stands where a preprocessing is needed: \"imagenet\", \"unit\", \"raw\" or an object."
            );
            return null;
        }

        var definition = Read<PreprocessingDefinition>(json, pointer);
        if (definition is null)
            return null;
        var faults = definition.Validate().ToList();
        faults.ForEach(fault => Fail(pointer + fault.Pointer, fault.Detail));
        return faults.Count > 0 ? null : new PreprocessingChoice(null, definition);
    }

    private string? ReadText(RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.String)
        {
            Fail(pointer, $"{Describe(json)} stands where a text is needed. {member.Meaning}");
            return null;
        }

        var text = json.GetString()!;
        if (
            member.Pattern is null
            || Regex.IsMatch(
                text,
                $@"\A(?:{member.Pattern.Pattern})\z",
                RegexOptions.CultureInvariant,
                TimeSpan.FromSeconds(1)
            )
        )
        {
            return text;
        }

        Fail(pointer, $"'{Suggestions.Shorten(text)}' does not fit. {member.Meaning}");
        return null;
    }

    private bool? ReadBoolean(JsonElement json, string pointer)
    {
        if (json.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return json.GetBoolean();
        Fail(pointer, $"{Describe(json)} stands where true or false is needed.");
        return null;
    }

    private long? ReadInteger(RecordMember member, long least, long greatest, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Number)
        {
            Fail(pointer, $"{Describe(json)} stands where a whole number is needed. {member.Meaning}");
            return null;
        }

        if (member.Range is { } range)
        {
            (least, greatest) = (
                Convert.ToInt64(range.Minimum, CultureInfo.InvariantCulture),
                Convert.ToInt64(range.Maximum, CultureInfo.InvariantCulture)
            );
        }

        if (TryGetWhole(json, out var value) && value >= least && value <= greatest)
            return value;
        Fail(pointer, $"{Describe(json)} is not a whole number from {least} to {greatest}.");
        return null;
    }

    // To JSON, 3.0 and 0.3e1 are the whole number 3. Beyond 2^53, a double would not be exact.
    private static bool TryGetWhole(JsonElement json, out long value)
    {
        if (json.TryGetInt64(out value))
            return true;
        if (!json.TryGetDouble(out var number) || number % 1 != 0 || Math.Abs(number) > 1L << 53)
            return false;
        value = (long)number;
        return true;
    }

    private double? ReadNumber(RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Number || !json.TryGetDouble(out var value) || !double.IsFinite(value))
        {
            Fail(pointer, $"{Describe(json)} stands where a number is needed. {member.Meaning}");
            return null;
        }

        // libtorch computes in float32, whatever the number was written as.
        var least = member.Range is null
            ? float.MinValue
            : Convert.ToDouble(member.Range.Minimum, CultureInfo.InvariantCulture);
        var greatest = member.Range is null
            ? float.MaxValue
            : Convert.ToDouble(member.Range.Maximum, CultureInfo.InvariantCulture);
        if (value >= least && value <= greatest)
            return value;
        Fail(pointer, $"{Describe(json)} is not a number from {least} to {greatest}.");
        return null;
    }

    private object? ReadEnum(Type type, JsonElement json, string pointer)
    {
        var values = WireNames.Of(type);
        if (json.ValueKind == JsonValueKind.String && values.TryGetValue(json.GetString()!, out var value))
            return value;
        Fail(pointer, $"{Describe(json)} is not one of: {string.Join(", ", values.Keys)}.");
        return null;
    }

    private Sizes? ReadSizes(RecordMember member, JsonElement json, string pointer)
    {
        var items = json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray()] : new List<JsonElement> { json };
        var values = items
            .TakeWhile(_ => !errors.IsFull)
            .Select(
                (item, index) =>
                    (int?)ReadInteger(
                        member,
                        int.MinValue,
                        int.MaxValue,
                        item,
                        json.ValueKind == JsonValueKind.Array ? JsonPointer.Append(pointer, index) : pointer
                    )
            )
            .OfType<int>()
            .ToList();
        if (items.Count == 0)
            Fail(pointer, "The list is empty: give one number, or one for each dimension.");
        return items.Count > 0 && values.Count == items.Count ? new Sizes(values) : null;
    }

    private Padding? ReadPadding(RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.String)
            return ReadSizes(member, json, pointer) is { } sizes ? new Padding(sizes) : null;
        switch (json.GetString())
        {
            case "same":
                return Padding.Same;
            case "valid":
                return Padding.Valid;
            default:
                Fail(
                    pointer,
                    $"{Describe(json)} is no padding: give a number, a list of numbers, \"same\" or \"valid\"."
                );
                return null;
        }
    }

    private static string Describe(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => "An object",
            JsonValueKind.Array => "A list",
            JsonValueKind.String => $"The text \"{Suggestions.Shorten(json.GetString()!)}\"",
            JsonValueKind.Number => Suggestions.Shorten(json.GetRawText()),
            _ => json.ValueKind.ToString().ToLowerInvariant(),
        };
}
