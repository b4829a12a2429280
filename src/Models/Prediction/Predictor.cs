using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Registry;
using ModelService.Models.Scheduling;
using ModelService.Models.Tensors;

namespace ModelService.Models.Prediction;

/// <summary>
/// Answers prediction requests: admits them, reserves room in the model's queue, scores them and enforces their
/// deadline.
/// </summary>
/// <param name="scorer">Runs preprocessing, network and softmax for the inputs.</param>
/// <param name="batching">The limits on inputs in progress, and the longest timeout.</param>
/// <param name="metrics">Counts answered and rejected inputs.</param>
public sealed class Predictor(InputScorer scorer, IOptions<BatchingOptions> batching, ServingMetrics metrics)
{
    private readonly AdmissionLimiter limiter = new(batching.Value);

    /// <summary>Scores the inputs of one request.</summary>
    /// <param name="lease">A lease of the version; borrowed.</param>
    /// <param name="inputs">The inputs, at least one.</param>
    /// <param name="terms">Priority and timeout of the request.</param>
    /// <param name="cancellationToken">Cancels the request: its inputs that still wait are dropped.</param>
    /// <returns>
    /// An outcome for each input, in order; an unusable input does not affect the others. Or a failure of the whole
    /// request: <see cref="ErrorCode.Overloaded"/>.
    /// </returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DeadlineExceeded"/>; <see cref="ErrorCode.OutOfMemory"/>;
    /// <see cref="ErrorCode.InputMismatch"/>: the model does not accept images; <see cref="ErrorCode.BodyTooLarge"/>:
    /// the inputs need more memory than one request may use.
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
            var outcome = await ScoreBeforeDeadlineAsync(lease, inputs, terms, cancellationToken);
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

    private async Task<Outcome<PredictionResult>> ScoreBeforeDeadlineAsync(
        ModelLease lease,
        IReadOnlyList<PredictionInput> inputs,
        PredictionTerms terms,
        CancellationToken cancellationToken
    )
    {
        var (version, inputLength) = (lease.Model, lease.Worker.Counts.Input);
        if ((long)inputs.Count * inputLength > Array.MaxLength / sizeof(float))
        {
            throw new ServingException(
                ErrorCode.BodyTooLarge,
                $"{inputs.Count} inputs of shape {version.Resolved.Analysis.Input} are more than one request can hold. "
                    + "Send fewer inputs per request."
            );
        }

        var bytes = (long)inputs.Count * inputLength * sizeof(float);
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
                "The deadline passed before the scores were computed. "
                    + "Send fewer inputs per request, or set a longer timeout."
            );
        }
    }
}
