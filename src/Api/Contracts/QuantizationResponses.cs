using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using ModelService.Models.Int8;
using ModelService.Models.Runs;

namespace ModelService.Api.Contracts;

/// <summary>A quantization in the background.</summary>
public sealed record QuantizationResponse : QuantizationRun
{
    /// <summary>Takes a quantization over.</summary>
    [SetsRequiredMembers]
    public QuantizationResponse(RunStatus<QuantizationRun> status)
        : base(status.Run) => Progress = status.Progress;

    /// <summary>
    /// How far it is: the phase (<c>images</c> are prepared, <c>ranges</c> chosen, <c>times</c> measured), and the step
    /// of steps. Null unless it runs.
    /// </summary>
    public JsonObject? Progress { get; }
}

/// <summary>Quantizations in the background.</summary>
/// <param name="Quantizations">The quantizations, newest first.</param>
public sealed record QuantizationListResponse(IReadOnlyList<QuantizationResponse> Quantizations);
