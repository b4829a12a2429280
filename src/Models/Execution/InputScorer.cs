using System.Buffers;
using System.Diagnostics;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Scheduling;
using ModelService.Models.Tensors;

namespace ModelService.Models.Execution;

/// <summary>
/// Takes inputs through preprocessing, network and softmax. The caller decides whether a version may serve.
/// </summary>
public sealed class InputScorer : IDisposable
{
    private readonly Preprocessor preprocessor;
    private readonly PhotoMemory memory;

    private readonly DecodePool pool;

    /// <summary>Creates a scorer.</summary>
    /// <param name="preprocessor">Turns photos into tensors.</param>
    /// <param name="pool">Decodes photos.</param>
    /// <param name="clock">Says when the memory of large photos is returned.</param>
    public InputScorer(Preprocessor preprocessor, DecodePool pool, TimeProvider clock)
    {
        (this.preprocessor, this.pool, memory) = (preprocessor, pool, new PhotoMemory(clock));
        preprocessor.FreedLargePicture += memory.ReturnSoon;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        preprocessor.FreedLargePicture -= memory.ReturnSoon;
        memory.Dispose();
    }

    /// <summary>Scores inputs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="worker">Computes the model; borrowed.</param>
    /// <param name="reservation">Room in the worker's queue for all inputs; borrowed.</param>
    /// <param name="inputs">The inputs, at least one.</param>
    /// <param name="metrics">Records how long decoding and waiting took.</param>
    /// <param name="cancellationToken">Fires when the client disconnects or the deadline has passed.</param>
    /// <returns>One outcome for each input, in order: an input that can't be used does not affect the others.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ImageTooLarge"/>: the photos have too many pixels together; none was decoded.
    /// <see cref="ErrorCode.OutOfMemory"/>.
    /// </exception>
    internal async Task<ScoredInputs> ScoreAsync(
        ResolvedModel model,
        IInferenceWorker worker,
        QueueReservation reservation,
        IReadOnlyList<PredictionInput> inputs,
        ModelMetrics metrics,
        CancellationToken cancellationToken
    )
    {
        await CheckTogetherAsync(inputs, cancellationToken);
        var name = model.Definition.Name;
        var (inputCount, classes) = worker.Counts;
        var batch = MemoryPool<float>.Shared.Rent(inputs.Count * inputCount);
        var decodeStarted = Stopwatch.GetTimestamp();
        Failure?[] failures;
        try
        {
            using var decoding = ServingTraces.Decoding(name, inputs.Count);
            failures = await Task.WhenAll(
                inputs.Select(
                    (input, index) =>
                        PrepareAsync(
                            model,
                            input,
                            batch.Memory.Slice(index * inputCount, inputCount),
                            cancellationToken
                        )
                )
            );
            cancellationToken.ThrowIfCancellationRequested(); // a picture that is being decoded is not interrupted
        }
        catch
        {
            batch.Dispose();
            throw;
        }

        var decode = Stopwatch.GetElapsedTime(decodeStarted);
        metrics.Decoded(decode);
        var usable = CloseGaps(batch.Memory, failures, inputCount);
        if (usable == 0)
        {
            batch.Dispose();
            return new ScoredInputs(
                [.. failures.Select(failure => (Outcome<Scores>)failure!)],
                new PredictionTiming(decode, TimeSpan.Zero, TimeSpan.Zero, 0)
            );
        }

        var run = await worker.RunAsync(reservation, batch, usable, cancellationToken);
        metrics.Waited(run.Queue);
        var outcomes = new Outcome<Scores>[inputs.Count];
        for (var (index, slot) = (0, 0); index < inputs.Count; index++)
            outcomes[index] = failures[index] ?? ScoresOf(run.Scores.AsSpan(slot++ * classes, classes));
        return new ScoredInputs(outcomes, new PredictionTiming(decode, run.Queue, run.Inference, run.BatchSize));
    }

    /// <summary>Turns an input into the tensor that a network takes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">The input.</param>
    /// <param name="destination">Receives the tensor's elements, row-major.</param>
    /// <param name="cancellationToken">Fires when the result is no longer needed.</param>
    /// <returns>Why the input can't be used; null when it can.</returns>
    internal async Task<Failure?> PrepareAsync(
        ResolvedModel model,
        PredictionInput input,
        Memory<float> destination,
        CancellationToken cancellationToken
    )
    {
        if (input is RawTensor tensor)
            return Copy(tensor, model.Analysis.Input, destination.Span);
        if (model.Preprocessing is not { } preprocessing)
        {
            return new Failure(
                ErrorCode.InputMismatch,
                $"The model '{model.Definition.Name}' takes {model.Analysis.Input}, and a photo can't be turned into "
                    + "that. Send the input as \"tensors\"."
            );
        }

        var encoded = ((EncodedImage)input).Encoded;
        return await DecodeAsync(() => preprocessor.Run(encoded, preprocessing, destination.Span), cancellationToken);
    }

    private async Task CheckTogetherAsync(IReadOnlyList<PredictionInput> inputs, CancellationToken cancellationToken)
    {
        if (!preprocessor.MayExceed(inputs.Count))
            return;
        List<ReadOnlyMemory<byte>> photos = [.. inputs.OfType<EncodedImage>().Select(photo => photo.Encoded)];
        if (await DecodeAsync(() => preprocessor.CheckTogether(photos), cancellationToken) is { } failure)
            throw new ServingException(failure);
    }

    // Moves the inputs that were prepared together at the front, over the gaps that failed inputs left. Returns how
    // many.
    private static int CloseGaps(Memory<float> batch, Failure?[] failures, int inputCount)
    {
        var usable = 0;
        for (var index = 0; index < failures.Length; index++)
        {
            if (failures[index] is not null)
                continue;
            if (usable < index)
                batch.Slice(index * inputCount, inputCount).CopyTo(batch[(usable * inputCount)..]);
            usable++;
        }

        return usable;
    }

    private static Outcome<Scores> ScoresOf(ReadOnlySpan<float> logits) =>
        logits.ContainsAnyExceptInRange(float.MinValue, float.MaxValue)
            ? NotFinite()
            : new Scores(logits.ToArray(), Probabilities.FromLogits(logits));

    /// <summary>The failure of an input whose scores are infinite or not numbers.</summary>
    internal static Failure NotFinite() =>
        new(
            ErrorCode.InputMismatch,
            "The network's scores for this input are not finite numbers: the input's values are out of range, "
                + "or the weights come from a training that diverged."
        );

    private static Failure? Copy(RawTensor tensor, Shape expected, Span<float> destination)
    {
        if (!tensor.Shape.SequenceEqual(expected.Sizes))
        {
            return new Failure(
                ErrorCode.InputMismatch,
                $"The tensor's shape is [{string.Join(", ", tensor.Shape)}], the model takes {expected}."
            );
        }

        tensor.Data.Span.CopyTo(destination);
        return null;
    }

    // Returns why pictures are rejected; null when they are not.
    private async Task<Failure?> DecodeAsync(Action decode, CancellationToken cancellationToken)
    {
        var decoded = await pool.RunAsync(
            () =>
            {
                decode();
                return decode;
            },
            cancellationToken
        );
        return decoded.Failure;
    }
}

/// <summary>The scores of a request's inputs.</summary>
/// <param name="Outcomes">Scores or a failure for each input, in order.</param>
/// <param name="Timing">The time that each stage took.</param>
internal sealed record ScoredInputs(IReadOnlyList<Outcome<Scores>> Outcomes, PredictionTiming Timing);
