using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language;

/// <summary>The rules that tie golden samples to their model: input shape, labels and number of classes.</summary>
internal static class SampleRules
{
    private const int MaxCount = 32;

    /// <summary>Checks a model's samples.</summary>
    /// <param name="model">The model.</param>
    /// <param name="errors">The errors that were found while the definition was read; receives more.</param>
    public static void Check(ResolvedModel model, DefinitionErrors errors)
    {
        var samples = model.Definition.Samples ?? [];
        if (samples.Count > MaxCount)
        {
            errors.Add(
                new ErrorDetail("/samples", $"There are {samples.Count} samples; at most {MaxCount} are allowed.")
            );
        }

        foreach (var (index, sample) in samples.Index())
        {
            // A sample with an unreadable property lacks it here; that error has been reported.
            var pointer = JsonPointer.Append("/samples", index);
            if (errors.AnyAt(pointer))
                continue;
            foreach (var fault in Faults(sample, model))
                errors.Add(fault with { Pointer = pointer + fault.Pointer });
        }
    }

    private static IEnumerable<ErrorDetail> Faults(SampleDefinition sample, ResolvedModel model)
    {
        var (input, classes) = (model.Analysis.Input, model.ClassCount);
        if (sample.Image is null == sample.Tensor is null)
            yield return new ErrorDetail("", "Give either 'image' or 'tensor'.");
        if (sample.Top1 is null && sample.Scores is null)
            yield return new ErrorDetail("", "Give 'top_1', 'scores' or both: the expected result.");
        if (sample.Image is not null && model.Preprocessing is null)
        {
            yield return new ErrorDetail(
                "/image",
                $"The network takes {input}, which is not a picture of 1 or 3 channels. Give a 'tensor'."
            );
        }

        if (sample.Tensor is { } tensor && !tensor.Shape.SequenceEqual(input.Sizes))
        {
            yield return new ErrorDetail(
                "/tensor/shape",
                $"The tensor is [{string.Join(", ", tensor.Shape)}], but the network takes {input}."
            );
        }

        if (sample.Top1 is { Index: null })
        {
            yield return new ErrorDetail(
                "/top_1",
                $"'{Suggestions.Shorten(sample.Top1.Label!)}' is not one of the model's labels."
            );
        }

        if (sample.Top1?.Index >= classes)
        {
            yield return new ErrorDetail(
                "/top_1",
                $"There are {classes} classes; give an index from 0 to {classes - 1}."
            );
        }

        if (sample.Scores is { } scores && scores.Count != classes)
        {
            yield return new ErrorDetail(
                "/scores",
                $"There are {scores.Count} scores for {classes} classes; give one score per class."
            );
        }
    }
}
