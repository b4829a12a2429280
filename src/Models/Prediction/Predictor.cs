using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Registry;
using ModelService.Models.Scheduling;
using ModelService.Models.Tensors;

namespace ModelService.Models.Prediction;

/// <summary>Answers prediction requests: admits them, keeps room in the model's queue, and holds them to their deadline.</summary>
/// <param name="scorer">Takes inputs through preprocessing, network and softmax.</param>
/// <param name="batching">How much may be under way, and for how long.</param>
/// <param name="metrics">Counts what is answered and what is refused.</param>
public sealed class Predictor(InputScorer scorer, IOptions<BatchingOptions> batching, ServingMetrics metrics)
{
    private readonly AdmissionLimiter limiter = new(batching.Value);

    /// <summary>Scores inputs.</summary>
    /// <param name="lease">The version; borrowed.</param>
    /// <param name="inputs">At least one.</param>
    /// <param name="terms">Their priority, and how long the answer may take.</param>
    /// <param name="cancellationToken">Fires when the caller leaves; inputs that still wait are then dropped.</param>
    /// <returns>
    /// One outcome for each input, in order: an input that can't be used does not affect the others. A failure of the
    /// whole request: <see cref="ErrorCode.Overloaded"/>.
    /// </returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DeadlineExceeded"/>; <see cref="ErrorCode.OutOfMemory"/>;
    /// <see cref="ErrorCode.InputMismatch"/>: the model takes no photos; <see cref="ErrorCode.BodyTooLarge"/>: the
    /// inputs take more memory than one request may.
    /// </exception>
    public async Task<Outcome<PredictionResult>> PredictAsync(
        ModelLease lease,
        IReadOnlyList<PredictionInput> inputs,
        PredictionTerms terms,
        CancellationToken cancellationToken
    )
    {
        var model = lease.Model.Name;
        using var predicting = metrics.Predicting(model);
        try
        {
            var outcome = await ScoreInTimeAsync(lease, inputs, terms, cancellationToken);
            if (outcome.TryGet(out var result, out var failure))
                metrics.Answered(model, result.Outcomes);
            else
                metrics.Rejected(model, failure.Code, inputs.Count);
            return outcome;
        }
        catch (ServingException exception)
        {
            metrics.Rejected(model, exception.Code, inputs.Count);
            throw;
        }
    }

    private async Task<Outcome<PredictionResult>> ScoreInTimeAsync(
        ModelLease lease,
        IReadOnlyList<PredictionInput> inputs,
        PredictionTerms terms,
        CancellationToken cancellationToken
    )
    {
        var (version, inputCount) = (lease.Model, lease.Worker.Counts.Input);
        if ((long)inputs.Count * inputCount > Array.MaxLength / sizeof(float))
        {
            throw new ServingException(
                ErrorCode.BodyTooLarge,
                $"{inputs.Count} inputs of {version.Resolved.Analysis.Input} are more than one batch can hold. "
                    + "Send fewer in one request."
            );
        }

        var bytes = (long)inputs.Count * inputCount * sizeof(float);
        if (!limiter.Admit(inputs.Count, bytes).TryGet(out var admission, out var overloaded))
            return overloaded;
        using var admitted = admission;
        var timeout = terms.Timeout < batching.Value.MaxTimeout ? terms.Timeout.Value : batching.Value.MaxTimeout;
        var reserved = lease.Worker.Reserve(inputs.Count, terms.Priority, InferenceWorker.Now + timeout);
        if (!reserved.TryGet(out var reservation, out var full))
            return full;
        using var returning = reservation;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero);
        try
        {
            var scored = await scorer.ScoreAsync(version.Resolved, lease.Worker, reservation, inputs, deadline.Token);
            var labels = version.Resolved.Definition.Labels;
            return new PredictionResult(
                new PredictionSource(version.Name, version.Version, version.Weights, version.RandomTensors, labels),
                scored.Outcomes,
                scored.Timing
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServingException(
                ErrorCode.DeadlineExceeded,
                "The scores are not there within the time that the request or the server gives them. "
                    + "Send less at once, or give it more time."
            );
        }
    }
}
