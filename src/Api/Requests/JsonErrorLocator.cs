using System.Text.Json;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>Finds the position of a syntax error in JSON.</summary>
internal static class JsonErrorLocator
{
    /// <summary>Returns the JSON Pointer of the innermost value that had begun when the error occurred.</summary>
    /// <param name="json">Invalid JSON, or JSON that is nested too deeply.</param>
    /// <param name="maxDepth">Largest depth of nesting.</param>
    public static string FindPointer(ReadOnlySpan<byte> json, int maxDepth)
    {
        // The objects and arrays that have begun and not ended, innermost first.
        var containers = new Stack<Container>();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    containers.Pop();
                    containers.Push(new Container(reader.GetString()!, NextIndex: null));
                }
                else if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                {
                    containers.Pop();
                }
                else
                {
                    BeginValue(containers, reader.TokenType);
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The error is here. An InvalidOperationException means that a name contains half a surrogate pair.
        }

        var segments = containers.Reverse().Select(container => container.Segment);
        return segments.Where(segment => segment != "").Aggregate("", JsonPointer.Append);
    }

    private static void BeginValue(Stack<Container> containers, JsonTokenType token)
    {
        // In an array, the value is the next element.
        if (containers.TryPeek(out var parent) && parent.NextIndex is { } index)
        {
            containers.Pop();
            containers.Push(new Container($"{index}", index + 1));
        }

        if (token is JsonTokenType.StartObject or JsonTokenType.StartArray)
            containers.Push(new Container("", token == JsonTokenType.StartArray ? 0 : null));
    }

    /// <param name="Segment">The name or index of the current property or element; empty before the first.</param>
    /// <param name="NextIndex">The index of an array's next element; null for an object.</param>
    private readonly record struct Container(string Segment, int? NextIndex);
}
