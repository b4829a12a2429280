using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Registry;
using ModelService.Models.Scheduling;
using ModelService.Models.Tensors;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>
/// Scores the images of a data set as predictions are computed, at low priority: predictions that wait go first.
/// </summary>
/// <param name="loader">Leases the version.</param>
/// <param name="scorer">Decodes and computes.</param>
/// <param name="clock">Measures pauses.</param>
internal sealed class EvaluationScorer(VersionLoader loader, InputScorer scorer, TimeProvider clock)
{
    private const string LeaseHolder = "evaluation";
    private const int MostAtOnce = 32;
    private const int MostElements = 16 << 20; // of the inputs that are in memory at once: 64 MiB

    // A batch is not interrupted: a prediction that comes meanwhile waits for as long as it takes.
    private static readonly TimeSpan LongestBatch = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Scores images.</summary>
    /// <param name="version">The version.</param>
    /// <param name="images">The images, at least one.</param>
    /// <param name="progress">Is told the number of images that are done.</param>
    /// <param name="cancellationToken">Gives up; it takes as long as some images take.</param>
    /// <returns>The logits of the images; of one that can't be scored, its failure instead.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ModelNotReady"/>: the version was removed, replaced or unloaded meanwhile;
    /// <see cref="ErrorCode.OutOfMemory"/>; <see cref="ErrorCode.DatasetUnavailable"/>: images can't be reached now.
    /// </exception>
    public async Task<ScoredImages> ScoreAsync(
        ModelVersion version,
        IReadOnlyList<DatasetImage> images,
        Action<int> progress,
        CancellationToken cancellationToken
    )
    {
        var network = version.Resolved.Analysis;
        var scored = new ScoredImages(images.Count, version.Resolved.ClassCount);
        var most = (int)Math.Clamp(MostElements / network.Input.ElementCount, 1, MostAtOnce);
        var (begin, count) = (0, 1);
        while (begin < images.Count)
        {
            var part = images.Skip(begin).Take(count).ToList();
            var (inputs, failures) = await Task.Run(() => ReadAsync(part, cancellationToken), cancellationToken);
            foreach (var (index, failure) in failures)
                scored.Fail(begin + index, failure);
            var perInput = await ScoreAsync(version, inputs, begin, scored, cancellationToken);
            begin += part.Count;
            progress(begin);
            count = Math.Clamp((int)Math.Min(LongestBatch / perInput, count * 2), 1, most);
        }

        return scored;
    }

    // A version is leased for a few images only: between them it may be unloaded for another one that needs its memory.
    // Returns the time that the network takes for each.
    private async Task<TimeSpan> ScoreAsync(
        ModelVersion version,
        IReadOnlyList<(int Index, PredictionInput Input)> inputs,
        int begin,
        ScoredImages scored,
        CancellationToken cancellationToken
    )
    {
        var perInput = TimeSpan.FromTicks(1);
        while (inputs.Count > 0)
        {
            var leased = await loader.LeaseAsync(version.Name, version.Version, LeaseHolder, cancellationToken);
            using (var lease = leased.OrThrow())
            {
                if (lease.Model != version)
                    throw new ServingException(ErrorCode.ModelNotReady, "The weights were replaced meanwhile.");
                var reserved = lease.Worker.Reserve(inputs.Count, Priority.Low, TimeSpan.MaxValue);
                if (reserved.TryGet(out var reservation, out _))
                {
                    using var releasing = reservation;
                    try
                    {
                        var outcomes = await scorer.ScoreAsync(
                            version.Resolved,
                            lease.Worker,
                            reservation,
                            [.. inputs.Select(input => input.Input)],
                            version.Metrics,
                            cancellationToken
                        );
                        foreach (var (input, outcome) in inputs.Zip(outcomes.Outcomes))
                            scored.Put(begin + input.Index, outcome);
                        var timing = outcomes.Timing;
                        return timing.BatchSize == 0 ? perInput : timing.Inference / timing.BatchSize;
                    }
                    catch (ServingException exception) when (exception.Code == ErrorCode.ImageTooLarge)
                    {
                        // Together they have too many pixels.
                        if (inputs.Count == 1)
                        {
                            scored.Fail(begin + inputs[0].Index, exception.Failure);
                            return perInput;
                        }
                    }
                }
            }

            // The queue is full, or these are too many at once.
            if (inputs.Count == 1)
            {
                await Task.Delay(Pause, clock, cancellationToken);
                continue;
            }

            var half = inputs.Count / 2;
            perInput = await ScoreAsync(version, [.. inputs.Take(half)], begin, scored, cancellationToken);
            inputs = [.. inputs.Skip(half)];
        }

        return perInput;
    }

    // An image that can't be reached now is no image that can't be scored: all are given up.
    private static async Task<(
        List<(int Index, PredictionInput Input)> Inputs,
        List<(int Index, Failure Failure)> Failures
    )> ReadAsync(IReadOnlyList<DatasetImage> images, CancellationToken cancellationToken)
    {
        var (inputs, failures) = (new List<(int, PredictionInput)>(), new List<(int, Failure)>());
        foreach (var (index, image) in images.Index())
        {
            try
            {
                inputs.Add((index, new EncodedImage(await image.ReadAsync(cancellationToken))));
            }
            catch (ServingException exception) when (exception.Failure.RetryAfter is null)
            {
                failures.Add((index, exception.Failure));
            }
        }

        return (inputs, failures);
    }
}
