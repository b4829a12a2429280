using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Evaluation.Runs;

namespace ModelService.Api.Contracts;

/// <summary>What is to be evaluated.</summary>
/// <param name="Dataset">The name of the data set.</param>
/// <param name="Revision">The number of its revision. Left out, the current one.</param>
/// <param name="Split">
/// The images: those of one split, or all. Left out, those of <c>test</c>; if there are none, those of <c>val</c>; if
/// there are none either, all.
/// </param>
public sealed record EvaluationBody(string Dataset, int? Revision, EvaluationSplit? Split)
{
    internal static EvaluationRequest Read(JsonElement json)
    {
        SmallBody.CheckProperties(json, "dataset", "revision", "split");
        return new EvaluationRequest(
            SmallBody.Text(json, "dataset")
                ?? throw ServingException.MalformedAt("/dataset", "the name of the data set is missing."),
            ReadRevision(json),
            SmallBody.Text(json, "split") is { } split ? ReadSplit(split) : null
        );
    }

    private static int? ReadRevision(JsonElement json) =>
        !json.TryGetProperty("revision", out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var revision) ? revision
        : throw ServingException.MalformedAt("/revision", "a whole number is expected.");

    private static EvaluationSplit ReadSplit(string text) =>
        WireNames.Get(typeof(EvaluationSplit)).TryGetValue(text, out var split)
            ? (EvaluationSplit)split
            : throw ServingException.MalformedAt("/split", "a split is train, val, test or all.");
}
