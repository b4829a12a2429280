using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language;

/// <summary>What samples must be to fit the model that they are given to.</summary>
internal static class SampleRules
{
    private const int MaxCount = 32;

    /// <summary>Checks a model's samples.</summary>
    /// <param name="resolved">The model.</param>
    /// <param name="errors">Those that were found while it was read; receives the others.</param>
    public static void Check(ResolvedModel resolved, DefinitionErrors errors)
    {
        var samples = resolved.Definition.Samples ?? [];
        if (samples.Count > MaxCount)
            errors.Add(new ErrorDetail("/samples", $"There are {samples.Count} samples; a model may have {MaxCount}."));
        foreach (var (index, sample) in samples.Index())
        {
            // What can't be read of it is not there, and that is said already.
            var pointer = JsonPointer.Append("/samples", index);
            if (errors.AnyAt(pointer))
                continue;
            foreach (var fault in Faults(sample, resolved))
                errors.Add(fault with { Pointer = pointer + fault.Pointer });
        }
    }

    private static IEnumerable<ErrorDetail> Faults(SampleDefinition sample, ResolvedModel resolved)
    {
        var (input, classes) = (resolved.Analysis.Input, resolved.ClassCount);
        if (sample.Image is null == sample.Tensor is null)
            yield return new ErrorDetail("", "Give either 'image' or 'tensor'.");
        if (sample.Top1 is null && sample.Scores is null)
            yield return new ErrorDetail("", "Give 'top_1', 'scores' or both: what is to come out?");
        if (sample.Image is not null && resolved.Preprocessing is null)
        {
            yield return new ErrorDetail(
                "/image",
                $"The network takes {input}, which no photo can become. Give a 'tensor'."
            );
        }

        if (sample.Tensor is { } tensor && !tensor.Shape.SequenceEqual(input.Sizes))
        {
            yield return new ErrorDetail(
                "/tensor/shape",
                $"The tensor is [{string.Join(", ", tensor.Shape)}], the network takes {input}."
            );
        }

        if (sample.Top1 is { Index: null })
        {
            yield return new ErrorDetail(
                "/top_1",
                $"'{Suggestions.Shorten(sample.Top1.Label!)}' is none of the model's labels."
            );
        }

        if (sample.Top1?.Index >= classes)
            yield return new ErrorDetail("/top_1", $"There are {classes} classes: it must be from 0 to {classes - 1}.");
        if (sample.Scores is { } scores && scores.Count != classes)
        {
            yield return new ErrorDetail(
                "/scores",
                $"There are {scores.Count} scores for {classes} classes; give one for each."
            );
        }
    }
}
