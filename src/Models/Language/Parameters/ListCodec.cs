using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>
/// A list. The property's length attributes hold for the list, its other attributes for each element.
/// </summary>
/// <param name="elementType">The type of the elements.</param>
/// <param name="element">The codec of the elements.</param>
internal sealed class ListCodec(Type elementType, ParameterCodec element) : ParameterCodec
{
    private readonly Type listType = typeof(List<>).MakeGenericType(elementType);

    public override string Description => $"list of {element.Description}s";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Array)
            return reader.FailKind(json, pointer, "a list is needed.");
        var length = json.GetArrayLength();
        if (length < member.MinLength || length > member.MaxLength)
        {
            var most = member.MaxLength == int.MaxValue ? "or more" : $"to {member.MaxLength}";
            return reader.Fail(
                pointer,
                $"The list has {length} elements; {member.MinLength} {most} are needed. {member.Meaning}"
            );
        }

        var list = (IList)Activator.CreateInstance(listType)!;
        var index = 0;
        foreach (var item in json.EnumerateArray())
        {
            if (reader.IsFull)
                return null;
            if (element is LayerCodec && index > reader.MaxLayers)
                break;
            if (element.Read(reader, member, item, JsonPointer.Append(pointer, index++)) is { } value)
                list.Add(value);
        }

        return list.Count == index ? list : null;
    }

    public override JsonNode Write(object value, bool canonical) =>
        new JsonArray([.. Elements(value).Select(item => element.Write(item, canonical))]);

    public override JsonObject Schema(RecordMember member)
    {
        var schema = SchemaNodes.OfType("array");
        schema["items"] = element.Schema(member);
        if (member.MinLength > 0)
            schema["minItems"] = member.MinLength;
        if (member.MaxLength < int.MaxValue)
            schema["maxItems"] = member.MaxLength;
        return schema;
    }

    public override string Python(object value) => $"[{string.Join(", ", Elements(value).Select(element.Python))}]";

    private static IEnumerable<object> Elements(object list) => ((IEnumerable)list).Cast<object>();
}
