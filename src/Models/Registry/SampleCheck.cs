using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Tensors;

namespace ModelService.Models.Registry;

/// <summary>Has a version compute its samples on the way that requests take, and compares.</summary>
/// <param name="scorer">Computes them.</param>
public sealed class SampleCheck(InputScorer scorer)
{
    /// <summary>Refuses samples that come with a definition and whose pictures can't be decoded, before anything is built.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/> with every such picture's place.</exception>
    internal async Task ThrowIfUnreadableAsync(ResolvedModel resolved, CancellationToken cancellationToken)
    {
        if (resolved.Definition.Samples is not { Count: > 0 } samples)
            return;
        var errors = new List<ErrorDetail>();
        var input = new float[resolved.Analysis.Input.ElementCount];
        foreach (var (index, sample) in samples.Index())
        {
            if (await scorer.PrepareAsync(resolved, sample.Input, input, cancellationToken) is { } failure)
                errors.Add(new ErrorDetail($"/samples/{index}/image", failure.Detail));
        }

        if (errors.Count > 0)
        {
            throw new ServingException(
                ErrorCode.DefinitionInvalid,
                $"At {errors[0].Pointer}: {errors[0].Detail}",
                errors
            );
        }
    }

    /// <summary>Compares what a network makes of samples with what they say.</summary>
    /// <param name="version">The version.</param>
    /// <param name="worker">Its network, which need not serve yet; borrowed.</param>
    /// <param name="samples">Its samples.</param>
    /// <returns>What came of them; null when there are none.</returns>
    internal async Task<SamplesReport?> RunAsync(
        ModelVersion version,
        InferenceWorker worker,
        IReadOnlyList<SampleDefinition>? samples
    )
    {
        if (samples is not { Count: > 0 })
            return null;
        var differences = new List<SampleDifference>();

        // One after the other, so that they take no more memory than a request of one input.
        foreach (var (index, sample) in samples.Index())
        {
            var difference = Compare(index, sample, await ScoreAsync(version, worker, sample.Input));
            if (difference is not null)
                differences.Add(difference);
        }

        return new SamplesReport(samples.Count, differences);
    }

    private async Task<Outcome<Scores>> ScoreAsync(ModelVersion version, InferenceWorker worker, PredictionInput input)
    {
        try
        {
            if (!worker.Reserve(1, Priority.Normal, TimeSpan.MaxValue).TryGet(out var reservation, out var failure))
                return failure;
            using var returning = reservation;
            var scored = await scorer.ScoreAsync(
                version.Resolved,
                worker,
                reservation,
                [input],
                CancellationToken.None
            );
            return scored.Outcomes[0];
        }
        catch (ServingException exception) when (exception.Code == ErrorCode.InputMismatch)
        {
            return new Failure(exception.Code, exception.Message);
        }
    }

    private static SampleDifference? Compare(int index, SampleDefinition sample, Outcome<Scores> outcome)
    {
        var expected = sample.Top1?.Index;
        if (!outcome.TryGet(out var scores, out var failure))
            return new SampleDifference(index, expected, null, null, null, failure.Detail);
        var (logits, probabilities) = scores;
        var found = Array.IndexOf(logits, logits.Max());
        if (sample.Scores is null)
            return expected == found ? null : new SampleDifference(index, expected, found, null, null, null);
        if (sample.Scores.Count != probabilities.Length)
        {
            return new SampleDifference(
                index,
                expected,
                found,
                null,
                null,
                $"It has {sample.Scores.Count} scores for {probabilities.Length} classes."
            );
        }

        // In float32, in which the scores were computed: those that were copied from an answer are equal then.
        var largest = sample
            .Scores.Zip(probabilities, (score, probability) => Math.Abs((float)score - probability))
            .Max();
        return largest <= sample.Tolerance && (expected ?? found) == found
            ? null
            : new SampleDifference(index, expected, found, largest, sample.Tolerance, null);
    }
}
