namespace ModelService.Models.Errors;

/// <summary>One thing that is wrong, and where.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) into what the client sent, such as <c>/layers/4/kernel_size</c>; for weights, into the state dict, such as <c>/fc.weight</c>.</param>
/// <param name="Detail">What was found and what would fit, as a sentence.</param>
public sealed record ErrorDetail(string Pointer, string Detail);
