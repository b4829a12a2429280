using System.Buffers;
using System.Diagnostics;
using Microsoft.Extensions.Options;
using ModelService.Imaging;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Registry;
using ModelService.Models.Scheduling;
using ModelService.Models.Tensors;

namespace ModelService.Models.Prediction;

/// <summary>Takes a request's inputs through preprocessing, model and softmax.</summary>
/// <param name="preprocessor">Turns photos into inputs.</param>
/// <param name="batching">How much may be under way, and for how long.</param>
/// <param name="metrics">Told what was done.</param>
public sealed class Predictor(Preprocessor preprocessor, IOptions<BatchingOptions> batching, ServingMetrics metrics)
{
    // As many photos are decoded at once as there are cores; more would only wait on each other.
    private readonly TaskScheduler decoders = new ConcurrentExclusiveSchedulerPair(
        TaskScheduler.Default,
        Environment.ProcessorCount
    ).ConcurrentScheduler;

    private readonly AdmissionLimiter admission = new(batching.Value);

    /// <summary>Scores inputs.</summary>
    /// <param name="lease">The version, claimed until the answer is written.</param>
    /// <param name="inputs">At least one.</param>
    /// <param name="terms">Its priority, and how long it may take.</param>
    /// <param name="cancellationToken">Fires when the caller leaves; what has not begun is then dropped.</param>
    /// <returns>One prediction for each input, in order; a bad input gets a refusal and doesn't touch the others. None when the server is overloaded: the result says so.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DeadlineExceeded"/>; <see cref="ErrorCode.OutOfMemory"/>; <see cref="ErrorCode.InputMismatch"/>: the model takes no photos; <see cref="ErrorCode.BodyTooLarge"/>: the inputs fill more memory than one batch may.
    /// </exception>
    public async Task<PredictionResult> PredictAsync(
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
            var result = await ScoreInTimeAsync(lease, inputs, terms, cancellationToken);
            if (result.Refused is { } refusal)
                metrics.Rejected(model, refusal.Code, inputs.Count);
            else
                metrics.Answered(model, result.Predictions);
            return result;
        }
        catch (ServingException exception)
        {
            metrics.Rejected(model, exception.Code, inputs.Count);
            throw;
        }
    }

    private async Task<PredictionResult> ScoreInTimeAsync(
        ModelLease lease,
        IReadOnlyList<PredictionInput> inputs,
        PredictionTerms terms,
        CancellationToken cancellationToken
    )
    {
        var (model, inputCount) = (lease.Model, lease.Worker.Counts.Input);
        if ((long)inputs.Count * inputCount > Array.MaxLength / sizeof(float))
        {
            throw new ServingException(
                ErrorCode.BodyTooLarge,
                $"{inputs.Count} inputs of {model.Resolved.Analysis.Input} are more than one batch can hold. Send fewer in one request."
            );
        }

        if (
            !admission.TryAdmit(
                inputs.Count,
                (long)inputs.Count * inputCount * sizeof(float),
                out var entered,
                out var refusal
            )
        )
        {
            return PredictionResult.None(model, refusal);
        }

        using var leaving = entered;
        var timeout = terms.Timeout < batching.Value.MaxTimeout ? terms.Timeout.Value : batching.Value.MaxTimeout;
        if (
            !lease.Worker.TryReserve(
                inputs.Count,
                terms.Priority,
                InferenceWorker.Now + timeout,
                out var place,
                out refusal
            )
        )
        {
            return PredictionResult.None(model, refusal);
        }

        using var returning = place;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero);
        try
        {
            return await ScoreAsync(model, lease.Worker, place, inputs, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServingException(
                ErrorCode.DeadlineExceeded,
                "The scores are not there within the time that the request or the server gives them. Send less at once, or give it more time."
            );
        }
    }

    /// <summary>Scores inputs by a network that need not serve yet. How much of this is under way is the caller's care.</summary>
    /// <param name="model">The version.</param>
    /// <param name="worker">Its network; borrowed.</param>
    /// <param name="place">Room in its queue for all of them; borrowed.</param>
    /// <param name="inputs">At least one.</param>
    /// <param name="cancellationToken">Fires when nobody wants the scores any more.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.OutOfMemory"/>, <see cref="ErrorCode.InputMismatch"/>: as of <see cref="PredictAsync"/>.</exception>
    internal async Task<PredictionResult> ScoreAsync(
        ModelVersion model,
        InferenceWorker worker,
        QueueReservation place,
        IReadOnlyList<PredictionInput> inputs,
        CancellationToken cancellationToken
    )
    {
        var (inputCount, classes) = worker.Counts;
        var batch = MemoryPool<float>.Shared.Rent(inputs.Count * inputCount);
        var decodeStarted = Stopwatch.GetTimestamp();
        Refusal?[] refusals;
        try
        {
            using var decoding = ServingTraces.Decoding(model.Name, inputs.Count);
            refusals = await Task.WhenAll(
                inputs.Select(
                    (input, index) =>
                        PrepareAsync(
                            model.Resolved,
                            input,
                            batch.Memory.Slice(index * inputCount, inputCount),
                            cancellationToken
                        )
                )
            );
        }
        catch
        {
            batch.Dispose();
            throw;
        }

        var decode = Stopwatch.GetElapsedTime(decodeStarted);
        metrics.Decoded(model.Name, decode);

        // The good ones close up over the gaps that the bad ones leave.
        var good = 0;
        for (var index = 0; index < inputs.Count; index++)
        {
            if (refusals[index] is not null)
                continue;
            if (good < index)
                batch.Memory.Slice(index * inputCount, inputCount).CopyTo(batch.Memory[(good * inputCount)..]);
            good++;
        }

        if (good == 0)
        {
            batch.Dispose();
            return new PredictionResult(
                model,
                refusals!,
                new PredictionTiming(decode, TimeSpan.Zero, TimeSpan.Zero, 0)
            );
        }

        var run = await worker.RunAsync(place, batch, good, cancellationToken);
        metrics.Waited(model.Name, run.Queue);
        var predictions = new Prediction[inputs.Count];
        for (var (index, slot) = (0, 0); index < inputs.Count; index++)
            predictions[index] = (Prediction?)refusals[index] ?? ScoresOf(run.Scores.AsSpan(slot++ * classes, classes));
        return new PredictionResult(
            model,
            predictions,
            new PredictionTiming(decode, run.Queue, run.Inference, run.BatchSize)
        );
    }

    /// <summary>Brings an input into the form that a network takes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">The input.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="cancellationToken">Fires when nobody wants it any more.</param>
    /// <returns>Why it can't be used; null when it can.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.InputMismatch"/>: the model takes no photos.</exception>
    internal async Task<Refusal?> PrepareAsync(
        ResolvedModel model,
        PredictionInput input,
        Memory<float> destination,
        CancellationToken cancellationToken
    )
    {
        if (input is RawTensor tensor)
            return Prepare(tensor, model.Analysis.Input, destination.Span);
        var preprocessing =
            model.Preprocessing
            ?? throw new ServingException(
                ErrorCode.InputMismatch,
                $"The model '{model.Definition.Name}' takes {model.Analysis.Input}, which no photo can become. Send it as \"tensors\"."
            );
        var encoded = ((EncodedImage)input).Encoded;
        return await Task.Factory.StartNew(
            () => Prepare(encoded, preprocessing, destination.Span),
            cancellationToken,
            TaskCreationOptions.DenyChildAttach,
            decoders
        );
    }

    private static Prediction ScoresOf(ReadOnlySpan<float> logits) =>
        logits.ContainsAnyExceptInRange(float.MinValue, float.MaxValue)
            ? new Refusal(
                ErrorCode.InputMismatch,
                "The network's scores for this input are no finite numbers: the input is out of its range, or its weights are those of a training that diverged."
            )
            : new Scores(logits.ToArray(), Probabilities.FromLogits(logits));

    private static Refusal? Prepare(RawTensor tensor, Shape expected, Span<float> destination)
    {
        if (!tensor.Shape.SequenceEqual(expected.Sizes))
        {
            return new Refusal(
                ErrorCode.InputMismatch,
                $"The tensor is [{string.Join(", ", tensor.Shape)}], the model takes {expected}."
            );
        }

        tensor.Data.CopyTo(destination);
        return null;
    }

    private Refusal? Prepare(
        ReadOnlyMemory<byte> encoded,
        PreprocessingDefinition preprocessing,
        Span<float> destination
    )
    {
        try
        {
            preprocessor.Run(encoded, preprocessing, destination);
            return null;
        }
        catch (ImageException exception)
        {
            return new Refusal(
                exception.Fault == ImageFault.TooLarge ? ErrorCode.ImageTooLarge : ErrorCode.ImageUndecodable,
                exception.Message
            );
        }
    }
}
