namespace ModelService.Imaging.Preprocessing;

/// <summary>One thing that is wrong in a <see cref="PreprocessingDefinition"/>.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) from the definition, in the wire's snake_case, such as <c>/std/1</c>.</param>
/// <param name="Detail">What was found and what would fit, as a sentence.</param>
public sealed record PreprocessingFault(string Pointer, string Detail);
