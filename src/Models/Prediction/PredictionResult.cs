using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Weights;

namespace ModelService.Models.Prediction;

/// <summary>The answer to a prediction request.</summary>
/// <param name="Source">The version that gave it.</param>
/// <param name="Outcomes">One for each input, in order.</param>
/// <param name="Timing">Where the time went.</param>
public sealed record PredictionResult(
    PredictionSource Source,
    IReadOnlyList<Outcome<Scores>> Outcomes,
    PredictionTiming Timing
);

/// <summary>The version that gave an answer, as it was then.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version's number.</param>
/// <param name="Weights">Where its weights come from.</param>
/// <param name="RandomTensors">Names of the tensors that are still random.</param>
/// <param name="Labels">One label per class; null when it has none.</param>
public sealed record PredictionSource(
    string Model,
    int Version,
    WeightsState Weights,
    IReadOnlyList<string> RandomTensors,
    IReadOnlyList<string>? Labels
);
