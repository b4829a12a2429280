using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>Puts a mismatch into sentences.</summary>
internal static class MismatchText
{
    private const int ShownNames = 3;
    private const int MostErrors = 1000;

    public static ServingException Error(WeightsReport report, bool allowPartial)
    {
        TensorSpec[] missing = [.. report.MissingSpecs.Where(spec => !spec.IsCounter)];
        var errors = missing
            .Select(spec => new ErrorDetail(
                Pointer(spec.Name),
                $"The file lacks this tensor; its shape is {Unreadable.Sizes(spec.Shape)}."
            ))
            .Concat(
                report.Unexpected.Select(name => new ErrorDetail(
                    Pointer(name),
                    "The architecture has no tensor of this name."
                ))
            )
            .Concat(
                report.ShapeMismatch.Select(shape => new ErrorDetail(
                    Pointer(shape.Name),
                    $"Its shape is {Unreadable.Sizes(shape.Found)}; the architecture wants {Unreadable.Sizes(shape.Expected)}."
                ))
            )
            .Take(MostErrors);
        return new WeightsMismatchException(Sentence(report, missing, allowPartial), [.. errors], report);
    }

    /// <summary>A state dict is an object with a property for each tensor.</summary>
    private static string Pointer(string name) => JsonPointer.Append("", Unreadable.Shorten(name));

    private static string Sentence(WeightsReport report, TensorSpec[] missing, bool allowPartial)
    {
        if (report.IsEmpty)
            return "The file holds no tensors.";
        string[] parts =
        [
            .. Part(missing.Length, "is missing", "are missing", missing.Select(spec => Unreadable.Quote(spec.Name))),
            .. Part(
                report.Unexpected.Count + report.MoreUnexpected,
                "is unexpected",
                "are unexpected",
                report.Unexpected.Select(Unreadable.Quote)
            ),
            .. Part(
                report.ShapeMismatch.Count,
                "has another shape",
                "have another shape",
                report.ShapeMismatch.Select(Shape)
            ),
        ];
        return string.Join(
            ' ',
            [
                $"The weights don't fit the architecture: {string.Join("; ", parts)}.",
                .. allowPartial ? [EvenInPart(report)] : report.Suggestions,
            ]
        );
    }

    private static string EvenInPart(WeightsReport report) =>
        report.TornOff.Count == 0
            ? "None of them fits, so there is nothing that allow_partial could load."
            : $"The file has the layer of {Unreadable.Quote(report.TornOff[0])}, but not this tensor. allow_partial leaves whole layers random, and no "
                + "trained layer with a random part: was the layer trained without it (\"bias\": false), or is the file not whole?";

    /// <summary>As in: 2 tensors are missing ('0.weight', '0.bias'). Nothing for none.</summary>
    private static IEnumerable<string> Part(int count, string one, string several, IEnumerable<string> names)
    {
        if (count == 0)
            return [];
        var shown = string.Join(", ", names.Take(ShownNames));
        var more = count > ShownNames ? $" and {count - ShownNames} more" : "";
        return [$"{count} {(count == 1 ? $"tensor {one}" : $"tensors {several}")} ({shown}{more})"];
    }

    private static string Shape(ShapeMismatch shape) =>
        $"{Unreadable.Quote(shape.Name)} is {Unreadable.Sizes(shape.Found)}, not {Unreadable.Sizes(shape.Expected)}";
}
