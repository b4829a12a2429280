using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Registry;
using ModelService.Models.Weights;

namespace ModelService.Models.Prediction;

/// <summary>The answer to a prediction request.</summary>
/// <param name="Source">The version that computed the answer.</param>
/// <param name="Outcomes">The scores or the failure of each input, in the order of the inputs.</param>
/// <param name="Timing">The time spent in each stage.</param>
public sealed record PredictionResult(
    PredictionSource Source,
    IReadOnlyList<Outcome<Scores>> Outcomes,
    PredictionTiming Timing
);

/// <summary>The version that computed an answer, in its state at that time.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Version">Number of the version.</param>
/// <param name="Weights">Whether its weights are random, partly loaded or loaded.</param>
/// <param name="RandomTensors">Names of the tensors with random values.</param>
/// <param name="Labels">One label per class; null for a model without labels.</param>
public sealed record PredictionSource(
    string Model,
    int Version,
    WeightsState Weights,
    IReadOnlyList<string> RandomTensors,
    IReadOnlyList<string>? Labels
)
{
    internal static PredictionSource Of(ModelLease lease)
    {
        var (model, weights) = (lease.Snapshot.Resolved!, lease.Snapshot.Weights!);
        return new PredictionSource(
            lease.Model.Name,
            lease.Model.Version,
            weights.State,
            weights.RandomTensors,
            model.Definition.Labels
        );
    }
}

/// <summary>The failure of a request whose version was found.</summary>
public sealed record PredictionFailure : Failure
{
    internal PredictionFailure(Failure failure, int version)
        : base(failure) => Version = version;

    /// <summary>The number of the version.</summary>
    public int Version { get; }
}
