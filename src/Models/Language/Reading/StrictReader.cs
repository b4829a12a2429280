using System.Text.Json;
using ModelService.Models.Errors;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// Reads JSON into records. Unknown and repeated properties, wrong types and numbers out of range are errors. Reading
/// goes on after an error, so that a client learns of all errors at once.
/// </summary>
/// <param name="errors">Receives the errors; reading ends when it is full.</param>
/// <param name="maxLayers">
/// Most layers of a network. Of a longer list one more is read, so that the analysis reports the limit.
/// </param>
internal sealed class StrictReader(DefinitionErrors errors, int maxLayers = int.MaxValue)
{
    /// <summary>Most layers of a network.</summary>
    public int MaxLayers => maxLayers;

    /// <summary>Whether no further errors are kept: reading may stop.</summary>
    public bool IsFull => errors.IsFull;

    /// <summary>Reads an object into a record.</summary>
    /// <param name="json">The object.</param>
    /// <param name="pointer">JSON Pointer to the object.</param>
    /// <returns>
    /// The record, without invalid optional properties; null when a required one is missing or invalid.
    /// </returns>
    public T? Read<T>(JsonElement json, string pointer)
        where T : class => (T?)ReadRecord(typeof(T), json, pointer, out _);

    /// <summary>Reads an object into a record.</summary>
    /// <param name="type">The record.</param>
    /// <param name="json">The object.</param>
    /// <param name="pointer">JSON Pointer to the object.</param>
    /// <param name="complete">Whether every property is valid; errors inside a nested layer don't count.</param>
    /// <param name="discriminator">
    /// The property that names the record's type; the record itself does not have it.
    /// </param>
    /// <returns>As <see cref="Read{T}"/>.</returns>
    public object? ReadRecord(
        Type type,
        JsonElement json,
        string pointer,
        out bool complete,
        string? discriminator = null
    )
    {
        complete = false;
        if (json.ValueKind != JsonValueKind.Object)
            return FailKind(json, pointer, "an object is needed.");

        var members = RecordMembers.From(type);
        var record = Activator.CreateInstance(type)!;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var valid = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            if (IsFull)
                return null;
            var name = property.Name;
            var propertyPointer = JsonPointer.Append(pointer, name);
            if (!seen.Add(name))
                Fail(propertyPointer, $"'{Suggestions.Shorten(name)}' is given twice.");
            else if (name == discriminator || ReadProperty(members, record, name, property.Value, propertyPointer))
                valid.Add(name);
        }

        foreach (var member in members.Members.Where(member => member.Required && !seen.Contains(member.Name)))
            Fail(JsonPointer.Append(pointer, member.Name), $"'{member.Name}' is missing. {member.Meaning}");

        var hasRequired = members.Members.All(member => !member.Required || valid.Contains(member.Name));
        complete = hasRequired && valid.Count == json.GetPropertyCount();
        return hasRequired ? record : null;
    }

    /// <summary>Reports an error.</summary>
    /// <returns>Null, the result of a failed read.</returns>
    public object? Fail(string pointer, string detail)
    {
        errors.Add(new ErrorDetail(pointer, detail));
        return null;
    }

    /// <summary>Reports a value of the wrong kind.</summary>
    /// <param name="json">The value.</param>
    /// <param name="pointer">JSON Pointer to the value.</param>
    /// <param name="needed">What is needed there, such as <c>a list is needed.</c></param>
    /// <returns>Null, the result of a failed read.</returns>
    public object? FailKind(JsonElement json, string pointer, string needed) =>
        Fail(pointer, $"{Describe(json)} was given where {needed}");

    /// <summary>A value as quoted in a message.</summary>
    public static string Describe(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => "An object",
            JsonValueKind.Array => "A list",
            JsonValueKind.String => $"The text \"{Suggestions.Shorten(json.GetString()!)}\"",
            JsonValueKind.Number => Suggestions.Shorten(json.GetRawText()),
            _ => json.ValueKind.ToString().ToLowerInvariant(),
        };

    // Reads a property into the record; false after an error.
    private bool ReadProperty(RecordMembers members, object record, string name, JsonElement json, string pointer)
    {
        if (name == "$schema" && record is ArchitectureDefinition && json.ValueKind == JsonValueKind.String)
            return true; // written for editors; ignored here
        if (!members.ByName.TryGetValue(name, out var member))
        {
            Fail(pointer, UnknownProperty(name, members));
            return false;
        }

        if (json.ValueKind == JsonValueKind.Null && member.TakesNull)
            return true; // null means the same as leaving it out
        if (member.Codec.Read(this, member, json, pointer) is not { } value)
            return false;
        member.Set(record, value);
        return true;
    }

    private static string UnknownProperty(string name, RecordMembers members)
    {
        var nearest = Suggestions.Nearest(name, members.ByName.Keys);
        return $"'{Suggestions.Shorten(name)}' is an unknown property"
            + (nearest is null ? ". " : $"; did you mean '{nearest}'? ")
            + $"Known properties: {string.Join(", ", members.ByName.Keys)}.";
    }
}
