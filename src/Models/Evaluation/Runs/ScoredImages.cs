using ModelService.Models.Errors;
using ModelService.Models.Execution;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>The logits of images, and the failures of those that could not be scored.</summary>
/// <param name="count">The number of images.</param>
/// <param name="classes">The number of classes.</param>
internal sealed class ScoredImages(int count, int classes)
{
    private readonly float[] logits = new float[(long)count * classes];
    private readonly Failure?[] failures = new Failure?[count];

    /// <summary>The failure of each image; null of one that was scored.</summary>
    public IReadOnlyList<Failure?> Failures => failures;

    /// <summary>The logits of an image that was scored.</summary>
    /// <param name="image">The image's place.</param>
    public ReadOnlySpan<float> Row(int image) => logits.AsSpan(image * classes, classes);

    /// <summary>Keeps the scores or the failure of an image.</summary>
    /// <param name="image">The image's place.</param>
    /// <param name="outcome">Its scores or its failure.</param>
    public void Put(int image, Outcome<Scores> outcome)
    {
        if (outcome.TryGet(out var scores, out var failure))
            scores.Logits.CopyTo(logits.AsSpan(image * classes, classes));
        else
            Fail(image, failure);
    }

    /// <summary>Keeps the failure of an image.</summary>
    /// <param name="image">The image's place.</param>
    /// <param name="failure">Why it can't be scored.</param>
    public void Fail(int image, Failure failure) => failures[image] = failure;

    /// <summary>The logits of the images that were scored, without gaps. The rows are moved; use this once.</summary>
    public ReadOnlyMemory<float> TakeUsable()
    {
        var used = 0;
        for (var image = 0; image < failures.Length; image++)
        {
            if (failures[image] is null)
                Row(image).CopyTo(logits.AsSpan(used++ * classes, classes));
        }

        return logits.AsMemory(0, used * classes);
    }
}
