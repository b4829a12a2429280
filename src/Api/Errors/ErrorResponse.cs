using ModelService.Api.Contracts;
using ModelService.Models.Errors;
using ModelService.Models.Weights;

namespace ModelService.Api.Errors;

/// <summary>An error in the format <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Type">Always <c>about:blank</c>. The kind of error is in <paramref name="Code"/>.</param>
/// <param name="Title">The HTTP status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The kind of error, for programs. Codes are in snake_case and never change.</param>
/// <param name="Detail">A description of the error, for people: what was found and what was expected.</param>
/// <param name="Errors">All errors, each with a JSON Pointer, where there can be several.</param>
/// <param name="Report">With <c>weights_mismatch</c>: the differences between the weights and the network.</param>
/// <param name="Layers">
/// With <c>definition_invalid</c>, from an analysis: all layers as far as they are known. Those that depend on an error
/// are marked.
/// </param>
/// <param name="TraceId">The trace id, under which the request is found in the server's log.</param>
public sealed record ErrorResponse(
    string Type,
    string Title,
    int Status,
    string Code,
    string Detail,
    IReadOnlyList<ErrorDetail>? Errors,
    WeightsReport? Report,
    IReadOnlyList<LayerAnalysisResponse>? Layers,
    string TraceId
);
