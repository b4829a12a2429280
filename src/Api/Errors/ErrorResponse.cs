using ModelService.Api.Contracts;
using ModelService.Models.Errors;
using ModelService.Models.Weights;

namespace ModelService.Api.Errors;

/// <summary>An error, as <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Type">Always <c>about:blank</c>: <paramref name="Code"/> says what went wrong.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">What went wrong, for programs: stable, snake_case.</param>
/// <param name="Detail">What went wrong, for people: what was found, what would fit.</param>
/// <param name="Errors">Every single error with its place, where there are several.</param>
/// <param name="Report">With <c>weights_mismatch</c>: how the weights compare to the network.</param>
/// <param name="Layers">With <c>definition_invalid</c> of an analysis: every layer as far as it is known; what depends on an error says so.</param>
/// <param name="TraceId">Finds the request in the server's log.</param>
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
