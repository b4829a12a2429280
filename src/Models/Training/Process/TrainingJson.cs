using System.Text.Json;
using System.Text.Json.Serialization;
using ModelService.Models.Errors;

namespace ModelService.Models.Training.Process;

/// <summary>How a run writes its records as JSON: its events, its checkpoint and its result.</summary>
internal static class TrainingJson
{
    /// <summary>Names in snake_case; numbers may be NaN or infinite, as those of a run that has diverged.</summary>
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = WireNames.Policy,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };
}
