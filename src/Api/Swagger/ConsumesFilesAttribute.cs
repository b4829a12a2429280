namespace ModelService.Api.Swagger;

/// <summary>Documents a body of files that the action reads by itself.</summary>
/// <param name="field">The form field that holds the files.</param>
/// <param name="hasDefinition">Whether a model's definition stands beside one file, instead of many files.</param>
/// <param name="alsoRaw">Whether an image may be the whole body.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ConsumesFilesAttribute(string field, bool hasDefinition = false, bool alsoRaw = false) : Attribute
{
    /// <summary>The form field that holds the files.</summary>
    public string Field { get; } = field;

    /// <summary>Whether a model's definition stands beside one file.</summary>
    public bool HasDefinition { get; } = hasDefinition;

    /// <summary>Whether an image may be the whole body.</summary>
    public bool AlsoRaw { get; } = alsoRaw;
}
