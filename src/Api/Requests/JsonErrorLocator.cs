using System.Text.Json;

namespace ModelService.Api.Requests;

/// <summary>Finds the place in a document at which it stops being JSON.</summary>
internal static class JsonErrorLocator
{
    /// <summary>JSON Pointer to the innermost value that was begun before the document breaks.</summary>
    /// <param name="json">A document that is damaged, or too deep.</param>
    /// <param name="maxDepth">How deep it may be.</param>
    public static string WhereItBreaks(ReadOnlySpan<byte> json, int maxDepth)
    {
        // The names and positions on the way down; a list counts its elements, an object has the last property's name.
        var way = new Stack<string>();
        var positions = new Stack<int>();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    way.Pop();
                    way.Push(
                        reader
                            .GetString()!
                            .Replace("~", "~0", StringComparison.Ordinal)
                            .Replace("/", "~1", StringComparison.Ordinal)
                    );
                    continue;
                }

                if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                {
                    way.Pop();
                    positions.Pop();
                    continue;
                }

                // A value: in a list, it is the next element.
                if (positions.TryPop(out var position))
                {
                    positions.Push(position + 1);
                    if (position >= 0)
                    {
                        way.Pop();
                        way.Push($"{position}");
                    }
                }

                if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                    continue;
                way.Push("");
                positions.Push(reader.TokenType == JsonTokenType.StartArray ? 0 : int.MinValue);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Here it is. (An InvalidOperationException is a text with half a surrogate pair.)
        }

        return string.Concat(way.Reverse().Where(name => name.Length > 0).Select(name => "/" + name));
    }
}
