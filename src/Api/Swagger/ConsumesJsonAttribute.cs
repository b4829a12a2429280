namespace ModelService.Api.Swagger;

/// <summary>Documents a JSON body, which the action reads without model binding.</summary>
/// <param name="body">The type that describes the JSON.</param>
/// <param name="examples">Names of examples in <see cref="Examples"/>. Swagger UI fills in the first one.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ConsumesJsonAttribute(Type body, params string[] examples) : Attribute
{
    /// <summary>The type that describes the JSON.</summary>
    public Type Body { get; } = body;

    /// <summary>Whether the JSON is the definition of a version, in which no property is required.</summary>
    public bool OfVersion { get; init; }

    /// <summary>The names of the examples.</summary>
    public IReadOnlyList<string> Names { get; } = examples;
}
