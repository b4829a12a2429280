namespace ModelService.Client;

/// <summary>One error and its location.</summary>
public sealed record ErrorDetail
{
    /// <summary>
    /// JSON Pointer (RFC 6901) into the client's document, such as <c>/layers/4/kernel_size</c>; for weights, into
    /// the state dict, such as <c>/fc.weight</c>.
    /// </summary>
    public required string Pointer { get; init; }

    /// <summary>A sentence: what was found, and what is expected.</summary>
    public required string Detail { get; init; }
}

/// <summary>An error in the format <c>application/problem+json</c> (RFC 9457).</summary>
public sealed record ErrorResponse
{
    /// <summary>Always <c>about:blank</c>. The kind of error is in Code.</summary>
    public required string Type { get; init; }

    /// <summary>The HTTP status in words.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>The kind of error, for programs. Codes are in snake_case and never change.</summary>
    public required string Code { get; init; }

    /// <summary>A description of the error, for people: what was found and what was expected.</summary>
    public required string Detail { get; init; }

    /// <summary>All errors, each with a JSON Pointer, where there can be several.</summary>
    public IReadOnlyList<ErrorDetail>? Errors { get; init; }

    /// <summary>The comparison of the tensors of a file, or of another model, and those of an architecture.</summary>
    public WeightsReport? Report { get; init; }

    /// <summary>
    /// With <c>definition_invalid</c>, from an analysis: all layers as far as they are known. Those that depend on an
    /// error are marked.
    /// </summary>
    public IReadOnlyList<LayerAnalysisResponse>? Layers { get; init; }

    /// <summary>The trace id, under which the request is found in the server's log.</summary>
    public required string TraceId { get; init; }
}
