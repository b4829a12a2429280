using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Tensors;

namespace ModelService.Models.Registry;

/// <summary>
/// Checks that a version reproduces its golden samples. It computes them in the same way as the inputs of requests.
/// </summary>
/// <param name="scorer">Computes the scores.</param>
internal sealed class SampleCheck(InputScorer scorer)
{
    /// <summary>Refuses a definition with samples whose images can't be decoded, before anything is built.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/>, with the JSON pointer of each such image.
    /// </exception>
    internal async Task ThrowIfUnreadableAsync(ResolvedModel model, CancellationToken cancellationToken)
    {
        if (model.Definition.Samples is not { Count: > 0 } samples)
            return;
        var errors = new List<ErrorDetail>();
        var input = new float[model.Analysis.Input.ElementCount];
        foreach (var (index, sample) in samples.Index())
        {
            if (await scorer.PrepareAsync(model, sample.Input, input, cancellationToken) is { } failure)
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

    /// <summary>Computes a version's samples, and compares the scores with the expected ones.</summary>
    /// <param name="model">The version's definition.</param>
    /// <param name="worker">The version's worker, which need not serve yet; borrowed.</param>
    /// <param name="samples">The version's samples.</param>
    /// <param name="metrics">The model's metrics.</param>
    /// <returns>The differences; null when there are no samples.</returns>
    internal async Task<SamplesReport?> RunAsync(
        ResolvedModel model,
        IInferenceWorker worker,
        IReadOnlyList<SampleDefinition> samples,
        ModelMetrics metrics
    )
    {
        if (samples.Count == 0)
            return null;
        var differences = new List<SampleDifference>();

        // One after another, so that they need no more memory than a request with one input.
        foreach (var (index, sample) in samples.Index())
        {
            var difference = Compare(index, sample, await ScoreAsync(model, worker, sample.Input, metrics));
            if (difference is not null)
                differences.Add(difference);
        }

        return new SamplesReport(samples.Count, differences);
    }

    private async Task<Outcome<Scores>> ScoreAsync(
        ResolvedModel model,
        IInferenceWorker worker,
        PredictionInput input,
        ModelMetrics metrics
    )
    {
        if (!worker.Reserve(1, Priority.Normal, TimeSpan.MaxValue).TryGet(out var reservation, out var failure))
            return failure;
        using var releasing = reservation;
        var scored = await scorer.ScoreAsync(model, worker, reservation, [input], metrics, CancellationToken.None);
        return scored.Outcomes[0];
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
                $"The sample has {sample.Scores.Count} scores for {probabilities.Length} classes."
            );
        }

        // Compares in float32, in which probabilities are computed, so that scores copied from a response are equal.
        var largest = sample
            .Scores.Zip(probabilities, (score, probability) => Math.Abs((float)score - probability))
            .Max();
        return largest <= sample.Tolerance && (expected ?? found) == found
            ? null
            : new SampleDifference(index, expected, found, largest, sample.Tolerance, null);
    }
}
