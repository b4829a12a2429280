using System.Text.Json;
using ModelService.Models.Errors;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// Reads JSON into records and refuses everything that is not exactly right: unknown and repeated properties, wrong
/// types, numbers out of range. It goes on after an error, so that a client learns of all at once.
/// </summary>
/// <param name="errors">Receives the errors; when it takes no more, reading ends.</param>
/// <param name="maxLayers">How many layers the analysis takes. One more is read of a list, for it to refuse.</param>
internal sealed class StrictReader(DefinitionErrors errors, int maxLayers = int.MaxValue)
{
    /// <summary>How many layers the analysis takes.</summary>
    public int MaxLayers => maxLayers;

    /// <summary>Whether no more errors are taken, so that nothing is gained by reading on.</summary>
    public bool IsFull => errors.IsFull;

    /// <summary>Reads an object into a record.</summary>
    /// <param name="json">The object.</param>
    /// <param name="pointer">JSON Pointer to the object.</param>
    /// <returns>The record without wrong optional properties; null when a required one is missing or wrong.</returns>
    public T? Read<T>(JsonElement json, string pointer)
        where T : class => (T?)ReadRecord(typeof(T), json, pointer, out _);

    /// <summary>Reads an object into a record.</summary>
    /// <param name="type">The record.</param>
    /// <param name="json">The object.</param>
    /// <param name="pointer">JSON Pointer to the object.</param>
    /// <param name="complete">Whether each property is right; errors inside a nested layer don't count.</param>
    /// <param name="discriminator">The property that named the record's type; not one of the record's own.</param>
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
        var right = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            if (IsFull)
                return null;
            var name = property.Name;
            var place = JsonPointer.Append(pointer, name);
            if (!seen.Add(name))
                Fail(place, $"'{Suggestions.Shorten(name)}' is given twice.");
            else if (name == discriminator || ReadProperty(members, record, name, property.Value, place))
                right.Add(name);
        }

        foreach (var member in members.Members.Where(member => member.Required && !seen.Contains(member.Name)))
            Fail(JsonPointer.Append(pointer, member.Name), $"'{member.Name}' is missing. {member.Meaning}");

        var whole = members.Members.All(member => !member.Required || right.Contains(member.Name));
        complete = whole && right.Count == json.GetPropertyCount();
        return whole ? record : null;
    }

    /// <summary>Reports an error.</summary>
    /// <returns>Null, which is what a reading that failed gives.</returns>
    public object? Fail(string pointer, string detail)
    {
        errors.Add(new ErrorDetail(pointer, detail));
        return null;
    }

    /// <summary>Reports a value of the wrong kind.</summary>
    /// <param name="json">The value.</param>
    /// <param name="pointer">JSON Pointer to the value.</param>
    /// <param name="needed">What is needed there, such as <c>a list is needed.</c></param>
    /// <returns>Null, which is what a reading that failed gives.</returns>
    public object? FailKind(JsonElement json, string pointer, string needed) =>
        Fail(pointer, $"{Describe(json)} stands where {needed}");

    /// <summary>A value as a message quotes it.</summary>
    public static string Describe(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => "An object",
            JsonValueKind.Array => "A list",
            JsonValueKind.String => $"The text \"{Suggestions.Shorten(json.GetString()!)}\"",
            JsonValueKind.Number => Suggestions.Shorten(json.GetRawText()),
            _ => json.ValueKind.ToString().ToLowerInvariant(),
        };

    // Gives the record a property's value, and says whether it could.
    private bool ReadProperty(RecordMembers members, object record, string name, JsonElement json, string pointer)
    {
        if (name == "$schema" && record is ArchitectureDefinition && json.ValueKind == JsonValueKind.String)
            return true; // written by editors, for themselves
        if (!members.ByName.TryGetValue(name, out var member))
        {
            Fail(pointer, UnknownProperty(name, members));
            return false;
        }

        if (json.ValueKind == JsonValueKind.Null && member.TakesNull)
            return true; // null is as good as not given
        if (member.Codec.Read(this, member, json, pointer) is not { } value)
            return false;
        member.Set(record, value);
        return true;
    }

    private static string UnknownProperty(string name, RecordMembers members)
    {
        var nearest = Suggestions.Nearest(name, members.ByName.Keys);
        return $"'{Suggestions.Shorten(name)}' is unknown here"
            + (nearest is null ? ". " : $"; did you mean '{nearest}'? ")
            + $"What is known: {string.Join(", ", members.ByName.Keys)}.";
    }
}
