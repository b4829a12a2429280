namespace ModelService.Models.Errors;

/// <summary>One error and its location.</summary>
/// <param name="Pointer">
/// JSON Pointer (RFC 6901) into the client's document, such as <c>/layers/4/kernel_size</c>; for weights, into the
/// state dict, such as <c>/fc.weight</c>.
/// </param>
/// <param name="Detail">A sentence: what was found, and what is expected.</param>
public sealed record ErrorDetail(string Pointer, string Detail);
