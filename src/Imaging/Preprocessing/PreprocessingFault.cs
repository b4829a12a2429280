namespace ModelService.Imaging.Preprocessing;

/// <summary>One fault of a <see cref="PreprocessingDefinition"/>.</summary>
/// <param name="Pointer">
/// JSON Pointer (RFC 6901) to the faulty member, relative to the definition and in snake_case, such as <c>/std/1</c>.
/// </param>
/// <param name="Detail">A sentence with the value found and the values allowed.</param>
public sealed record PreprocessingFault(string Pointer, string Detail);
