using System.Text.Json;
using ModelService.Api.Requests;
using ModelService.Models.Errors;

namespace ModelService.Api.OpenInference;

/// <summary>The JSON of a request to infer, with the places of the data in it.</summary>
internal sealed class InferHeader
{
    /// <summary>The id; null: none.</summary>
    public string? Id { get; private set; }

    /// <summary>The parameters of the request.</summary>
    public InferParameters Parameters { get; private set; } = InferParameters.None;

    /// <summary>The inputs.</summary>
    public List<Input> Inputs { get; } = [];

    /// <summary>The outputs; null: all.</summary>
    public List<Output>? Outputs { get; private set; }

    /// <summary>An input.</summary>
    /// <param name="Tensor">All but the data.</param>
    /// <param name="Parameters">Its parameters.</param>
    /// <param name="Data">The place of its data in the JSON; null: none.</param>
    public sealed record Input(InferTensor Tensor, InferParameters Parameters, Range? Data);

    /// <summary>An output.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Parameters">Its parameters.</param>
    public sealed record Output(string Name, InferParameters Parameters);

    // More than any request needs: there are two inputs and two outputs.
    private const int MaxTensors = 64;

    /// <summary>Reads it.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static InferHeader Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, RequestBody.Strict);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Wrong("The body must be an object.");
        var header = new InferHeader();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "id":
                    header.Id = ReadText(ref reader, "id");
                    break;
                case "parameters":
                    header.Parameters = InferParameters.Read(ref reader);
                    break;
                case "inputs":
                    for (Enter(ref reader, "inputs"); Next(ref reader); )
                        Add(header.Inputs, ReadInput(ref reader));
                    break;
                case "outputs":
                    header.Outputs ??= [];
                    for (Enter(ref reader, "outputs"); Next(ref reader); )
                        Add(header.Outputs, ReadOutput(ref reader));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.Read(); // throws when something follows
        return header;
    }

    private static Input ReadInput(ref Utf8JsonReader reader)
    {
        string? name = null,
            datatype = null;
        long[]? shape = null;
        var parameters = InferParameters.None;
        Range? data = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var property = reader.GetString();
            reader.Read();
            switch (property)
            {
                case "name":
                    name = ReadText(ref reader, "name");
                    break;
                case "datatype":
                    datatype = ReadText(ref reader, "datatype");
                    break;
                case "shape":
                    shape = ReadShape(ref reader);
                    break;
                case "parameters":
                    parameters = InferParameters.Read(ref reader);
                    break;
                case "data":
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    data = start..(int)reader.BytesConsumed;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return name is not null && datatype is not null && shape is not null
            ? new Input(new InferTensor(name, datatype, shape), parameters, data)
            : throw Wrong("An input needs \"name\", \"shape\" and \"datatype\".");
    }

    private static Output ReadOutput(ref Utf8JsonReader reader)
    {
        string? name = null;
        var parameters = InferParameters.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var property = reader.GetString();
            reader.Read();
            if (property == "name")
                name = ReadText(ref reader, "name");
            else if (property == "parameters")
                parameters = InferParameters.Read(ref reader);
            else
                reader.Skip();
        }

        return new Output(name ?? throw Wrong("An output needs \"name\"."), parameters);
    }

    private static long[] ReadShape(ref Utf8JsonReader reader)
    {
        var shape = new List<long>();
        Enter(ref reader, "shape");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var size))
                throw Wrong("\"shape\" must be a list of whole numbers.");
            if (shape.Count == InferTensor.MaxRank)
                throw Wrong($"\"shape\" has more than {InferTensor.MaxRank} sizes.");
            shape.Add(size);
        }

        return [.. shape];
    }

    private static string ReadText(ref Utf8JsonReader reader, string name) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Wrong($"\"{name}\" must be a string.");

    private static void Enter(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Wrong($"\"{name}\" must be a list.");
    }

    // Goes to the next object of a list.
    private static bool Next(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType == JsonTokenType.EndArray)
            return false;
        return reader.TokenType == JsonTokenType.StartObject
            ? true
            : throw Wrong("An input or output must be an object.");
    }

    private static void Add<T>(List<T> tensors, T next)
    {
        if (tensors.Count == MaxTensors)
            throw Wrong($"There are more than {MaxTensors} inputs or outputs.");
        tensors.Add(next);
    }

    private static ServingException Wrong(string text) => new(ErrorCode.MalformedRequest, text);
}
