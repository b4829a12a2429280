namespace ModelService.Api.Swagger;

/// <summary>Documents a JSON body that the action reads by itself.</summary>
/// <param name="body">What the JSON holds.</param>
/// <param name="examples">Names of examples in <see cref="Examples"/>; the first is filled in when "Try it out" is pressed.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ConsumesJsonAttribute(Type body, params string[] examples) : Attribute
{
    /// <summary>What the JSON holds.</summary>
    public Type Body { get; } = body;

    /// <summary>Whether it is the definition of a version, which leaves out what the model says.</summary>
    public bool OfVersion { get; init; }

    /// <summary>Names of its examples.</summary>
    public IReadOnlyList<string> Names { get; } = examples;
}
