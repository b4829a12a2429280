using System.Diagnostics;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Registry;
using ModelService.Models.Registry.Routing;
using ModelService.Models.Scheduling;
using ModelService.Models.Tensors;

namespace ModelService.Models.Prediction;

/// <summary>
/// Answers prediction requests, for every front door: finds the version, admits the request, reserves room in the
/// version's queue, scores the inputs and enforces the deadline.
/// </summary>
public sealed class PredictionService
{
    private const string LeaseHolder = "prediction";

    // What a request holds of each score: those of its batches, then the logits and probabilities of each input.
    private const long CopiesOfScores = 3;

    private readonly VersionLoader loader;
    private readonly InputScorer scorer;
    private readonly RouteBuckets buckets;
    private readonly CanaryGuard guard;
    private readonly TimeSpan maxTimeout;
    private readonly AdmissionLimiter limiter;

    internal PredictionService(
        VersionLoader loader,
        InputScorer scorer,
        RouteBuckets buckets,
        CanaryGuard guard,
        IOptions<BatchingOptions> batching
    )
    {
        (this.loader, this.scorer, this.buckets, this.guard) = (loader, scorer, buckets, guard);
        maxTimeout = batching.Value.MaxTimeout;
        limiter = new AdmissionLimiter(batching.Value);
    }

    /// <summary>Scores the inputs of one request.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default, or one that the model's routes choose.</param>
    /// <param name="inputs">The inputs, at least one.</param>
    /// <param name="terms">Priority, timeout and caller of the request.</param>
    /// <param name="cancellationToken">Cancels the request: its inputs that still wait are dropped.</param>
    /// <returns>
    /// An outcome for each input, in order; an unusable input does not affect the others. Or a failure of the whole
    /// request: <see cref="ErrorCode.ModelNotFound"/>, <see cref="ErrorCode.VersionNotFound"/> or
    /// <see cref="ErrorCode.ModelNotReady"/>; <see cref="ErrorCode.Overloaded"/>,
    /// <see cref="ErrorCode.DeadlineExceeded"/>, <see cref="ErrorCode.OutOfMemory"/>;
    /// <see cref="ErrorCode.BodyTooLarge"/>: the inputs need more memory than one request may use; when none of the
    /// inputs can be used, their failure, with the JSON pointer of each.
    /// </returns>
    public async Task<Outcome<PredictionResult>> PredictAsync(
        string name,
        int? version,
        IReadOnlyList<PredictionInput> inputs,
        PredictionTerms terms,
        CancellationToken cancellationToken
    )
    {
        // The time counts from here: the version may have to be loaded first.
        var timeout = terms.Timeout < maxTimeout ? terms.Timeout.Value : maxTimeout;
        var due = InferenceWorker.Now + timeout;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero);
        int? bucket = version is null ? buckets.Choose(name, terms.Client) : null;
        Outcome<ModelLease> leased;
        try
        {
            leased = await loader.LeaseAsync(name, version, LeaseHolder, deadline.Token, bucket);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Failure(
                ErrorCode.DeadlineExceeded,
                "The deadline passed while the version was being loaded. That goes on: "
                    + "try again in a moment, or set a longer timeout."
            );
        }

        if (!leased.TryGet(out var lease, out var failure))
            return failure;
        using var leasing = lease;
        var metrics = lease.Model.Metrics;
        using var predicting = metrics.Predicting();
        var started = Stopwatch.GetTimestamp();
        Outcome<PredictionResult> outcome;
        try
        {
            outcome = await ScoreAsync(lease, inputs, terms.Priority, due, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            outcome = new Failure(
                ErrorCode.DeadlineExceeded,
                "The deadline passed before the scores were computed. "
                    + "Send fewer inputs per request, or set a longer timeout."
            );
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            guard.RecordFailure(lease, Stopwatch.GetElapsedTime(started), (exception as ServingException)?.Code);
            throw;
        }

        var latency = Stopwatch.GetElapsedTime(started);
        if (!outcome.TryGet(out var result, out failure))
        {
            metrics.Rejected(failure.Code, inputs.Count);
            guard.RecordFailure(lease, latency, failure.Code);
            return new PredictionFailure(failure, lease.Model.Version);
        }

        metrics.Answered(result.Outcomes);
        guard.Record(lease, latency, result.Outcomes);
        return RefuseAll(inputs, result.Outcomes) is { } refused
            ? new PredictionFailure(refused, lease.Model.Version)
            : result;
    }

    private async Task<Outcome<PredictionResult>> ScoreAsync(
        ModelLease lease,
        IReadOnlyList<PredictionInput> inputs,
        Priority priority,
        TimeSpan due,
        CancellationToken cancellationToken
    )
    {
        var model = lease.Snapshot.Resolved!;
        var (inputLength, outputLength) = lease.Worker.Counts;
        if ((long)inputs.Count * Math.Max(inputLength, outputLength) > Array.MaxLength / sizeof(float))
        {
            return new Failure(
                ErrorCode.BodyTooLarge,
                $"{inputs.Count} inputs of shape {model.Analysis.Input}, or their scores of shape "
                    + $"{model.Analysis.Output}, are more than one request can hold. "
                    + "Send fewer inputs per request."
            );
        }

        var bytes = inputs.Count * (inputLength + CopiesOfScores * outputLength) * sizeof(float);
        if (!limiter.Admit(inputs.Count, bytes).TryGet(out var admission, out var overloaded))
            return overloaded;
        using var admitted = admission;
        var reserved = lease.Worker.Reserve(inputs.Count, priority, due);
        if (!reserved.TryGet(out var reservation, out var full))
            return full;
        using var returning = reservation;
        try
        {
            var scored = await scorer.ScoreAsync(
                model,
                lease.Worker,
                reservation,
                inputs,
                lease.Model.Metrics,
                cancellationToken
            );
            return new PredictionResult(PredictionSource.Of(lease), scored.Outcomes, scored.Timing);
        }
        catch (ServingException exception)
        {
            return exception.Failure;
        }
    }

    // The failure of a request of which no input can be used; null when one can.
    private static Failure? RefuseAll(IReadOnlyList<PredictionInput> inputs, IReadOnlyList<Outcome<Scores>> outcomes)
    {
        List<Failure> failures = [.. outcomes.Select(outcome => outcome.Failure).OfType<Failure>()];
        if (failures.Count < outcomes.Count)
            return null;
        if (failures is [var only])
            return only;
        var code = failures.Select(failure => failure.Code).Distinct().ToList() is [var same]
            ? same
            : ErrorCode.ImageUndecodable;
        var property = inputs[0] is RawTensor ? "tensors" : "images";
        return new Failure(
            code,
            $"None of the {failures.Count} {property} could be used. The first error: {failures[0].Detail}"
        )
        {
            Errors = [.. failures.Select((failure, index) => new ErrorDetail($"/{property}/{index}", failure.Detail))],
        };
    }
}
