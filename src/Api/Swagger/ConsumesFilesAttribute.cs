namespace ModelService.Api.Swagger;

/// <summary>Documents a body with files, which the action reads without model binding.</summary>
/// <param name="field">The form field that holds the files.</param>
/// <param name="hasDefinition">Whether the form has a definition and one file, instead of several files.</param>
/// <param name="alsoRaw">Whether an image may be the whole body.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ConsumesFilesAttribute(string field, bool hasDefinition = false, bool alsoRaw = false) : Attribute
{
    /// <summary>The form field that holds the files.</summary>
    public string Field { get; } = field;

    /// <summary>Whether the form has a definition and one file, instead of several files.</summary>
    public bool HasDefinition { get; } = hasDefinition;

    /// <summary>Whether an image may be the whole body.</summary>
    public bool AlsoRaw { get; } = alsoRaw;

    /// <summary>Whether JSON is a part of the form only, and never the body.</summary>
    public bool OnlyForm { get; init; }
}
