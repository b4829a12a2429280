namespace ModelService.Models.Weights;

/// <summary>
/// An entry of a state dict that is not read, since it is not a tensor or not one of a type that is read.
/// </summary>
/// <param name="Name">The name in the file.</param>
/// <param name="Found">A noun for the value, such as <c>a number</c>.</param>
public sealed record SkippedEntry(string Name, string Found);
